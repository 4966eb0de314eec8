import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "..");

test("starts of one program at the same time do not see each other's half-written bundle", async () => {
  const directory = mkdtempSync(join(tmpdir(), "run-test-"));
  const program = join(directory, "program.ts");
  const bundle = join(root, "node_modules/.cache/run", relative(root, program).replaceAll(/[\\/]/g, "-"));
  onTestFinished(() => {
    for (const made of [directory, `${bundle}.mjs`, `${bundle}.mjs.map`]) {
      rmSync(made, { recursive: true, force: true });
    }
  });
  // Large enough to be written in more than one piece.
  writeFileSync(
    program,
    `const text: string = ${JSON.stringify("x".repeat(3_000_000))};\nconsole.log(text.length);\n`,
  );
  const start = () => run(process.execPath, ["scripts/run.mjs", program], { cwd: root });
  const started = await Promise.all(Array.from({ length: 8 }, start));
  expect(started.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 8 }, () => "3000000\n"));
});
