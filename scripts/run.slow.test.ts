import { execFile, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");

test("simultaneous starts of one program never read a partly written bundle", async () => {
  const directory = mkdtempSync(join(tmpdir(), "run-test-"));
  const program = join(directory, "program.ts");
  const bundle = join(root, "node_modules/.cache/run", relative(root, program).replaceAll(/[\\/]/g, "-"));
  onTestFinished(() => {
    for (const made of [directory, `${bundle}.mjs`, `${bundle}.mjs.map`]) {
      rmSync(made, { recursive: true, force: true });
    }
  });
  // So large that it is written in more than one piece.
  writeFileSync(
    program,
    `const text: string = ${JSON.stringify("x".repeat(3_000_000))};\nconsole.log(text.length);\n`,
  );
  const start = () => run(process.execPath, ["scripts/run.mjs", program], { cwd: root });
  const started = await Promise.all(Array.from({ length: 8 }, start));
  expect(started.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 8 }, () => "3000000\n"));
});

/** Runs `run.mjs` in a checkout without packages, whose package.json requires this version of Node. */
function runBare(node: string): { status: number | null; stderr: string } {
  const bare = mkdtempSync(join(tmpdir(), "run-test-"));
  onTestFinished(() => rmSync(bare, { recursive: true }));
  for (const file of ["scripts/run.mjs", "packages/convex-embedded/bin/bundled.mjs"])
    cpSync(join(root, file), join(bare, file));
  writeFileSync(join(bare, "package.json"), JSON.stringify({ engines: { node } }));
  const { status, stderr } = spawnSync(process.execPath, ["scripts/run.mjs", "program.ts"], {
    cwd: bare,
    encoding: "utf8",
  });
  return { status, stderr };
}

test("without packages, one line says to install them", () => {
  const { status, stderr } = runBare(">=20.19");
  expect(stderr).toMatch(/^The packages are not installed: [^\n]*esbuild[^\n]*\. Run `npm ci`\.\n$/);
  expect(status).toBe(1);
});

test.skipIf(process.platform === "win32")(
  "a low limit of open files is reported, instead of a missing module",
  () => {
    const command = 'ulimit -n 64; exec "$0" scripts/run.mjs program.ts';
    const { status, stderr } = spawnSync("sh", ["-c", command, process.execPath], {
      cwd: root,
      encoding: "utf8",
    });
    expect(stderr).toBe(
      "This process can open only 64 files, but needs 128. Raise the limit: ulimit -n 4096.\n",
    );
    expect(status).toBe(1);
  },
);

test.each([`>=${Number.parseInt(process.versions.node, 10)}.99`, ">=99.0"])(
  "a Node version that is not %s is refused",
  (wanted) => {
    const { status, stderr } = runBare(wanted);
    const { node } = process.versions;
    expect(stderr).toBe(
      `Node ${node} is too old: package.json requires ${wanted}. Install Node ${wanted}.\n`,
    );
    expect(status).toBe(1);
  },
);
