/** Runs the command on an intact copy of the project and on broken ones. */
import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Project } from "../../quality/recipes/project";

// The official CLI takes seconds, more on a loaded machine.
vi.setConfig({ testTimeout: 600_000 });

type Report = {
  problems: number;
  warnings: number;
  findings: { check: string; level: string; what: string }[];
};

const root = resolve(import.meta.dirname, "../..");

function doctor(directory: string, ...args: string[]): { status: number | null; output: string } {
  const { PATH, HOME } = process.env;
  const command = [join(directory, "scripts/doctor/start.mjs"), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: directory,
    env: { PATH, HOME },
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

/** Copies the project with an empty lock file. Other tests check the installed packages. */
async function copy(): Promise<string> {
  const { directory } = await Project.copy();
  writeFileSync(join(directory, "package-lock.json"), '{ "packages": { "": {} } }');
  return directory;
}

test("an intact copy has no problems and no warnings", async () => {
  const directory = await copy();
  writeFileSync(join(directory, ".env.local"), `SECRETS_KEY=${Buffer.alloc(32, 1).toString("base64")}\n`);
  const { status, output } = doctor(directory, "--json");
  const { problems, warnings, findings } = JSON.parse(output) as Report;
  expect(findings.filter(({ level }) => level !== "ok")).toEqual([]);
  expect({ problems, warnings, status }).toEqual({ problems: 0, warnings: 0, status: 0 });
  const checks = ["machine", "settings", "tools", "modules", "types", "bundle", "generated"];
  expect([...new Set(findings.map(({ check }) => check))]).toEqual(checks);
});

test("all faults of a broken copy are reported at once, with exit code 1", async () => {
  const directory = await copy();
  writeFileSync(
    join(directory, ".env.local"),
    "SECRETS_KEY=abc\nCORS_ORIGIN=*\nCLERK_WEBHOOK_SECRET=sk_live_0123456789abcdef\n",
  );
  writeFileSync(join(directory, "convex/my-dates.ts"), 'import "node:fs";\nexport const now = 1;\n');
  appendFileSync(join(directory, "convex/_generated/api.d.ts"), "// by hand\n");
  const { status, output } = doctor(directory);
  expect(output).toMatch(
    /settings +problem {2}CORS_ORIGIN is not a setting.*\n +→ Rename it to CORS_ORIGINS in \.env\.local\./,
  );
  expect(output).toMatch(/problem {2}CLERK_WEBHOOK_SECRET is an API key\n/);
  expect(output).toMatch(/problem {2}SECRETS_KEY, key 1 of 1, is not 32 bytes in base64\n/);
  expect(output).toMatch(/modules +problem {2}convex\/my-dates\.ts: .*\n +→ Rename or move the file/);
  expect(output).toMatch(/bundle +problem {2}convex\/my-dates\.ts:1 imports node:fs/);
  expect(output).toMatch(/generated +problem {2}/);
  expect(output).not.toContain("sk_live");
  expect(status).toBe(1);
  expect(output).toMatch(/\n6 problems, 0 warnings\.\n$/);
});

test("without packages it says to install them", () => {
  const directory = mkdtempSync(join(tmpdir(), "doctor-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, "scripts"));
  cpSync(join(root, "scripts/doctor"), join(directory, "scripts/doctor"), { recursive: true });
  cpSync(join(root, "package.json"), join(directory, "package.json"));
  const { status, output } = doctor(directory);
  expect(output).toMatch(/^problem {2}The packages are not installed: .*esbuild.*\n +→ Run `npm ci`\.$/m);
  expect(status).toBe(1);
  expect(JSON.parse(doctor(directory, "--json").output)).toMatchObject({ problems: 1 });
});

test.each([
  [["--url", "ftp://x"], "--url must begin with https://"],
  [["--settings", "nowhere"], "The file nowhere does not exist"],
  [["--colour"], "Unknown option '--colour'"],
])("%s prints the usage, with exit code 2", (args, message) => {
  const { status, output } = doctor(root, ...args);
  expect(output).toContain(message);
  expect(output).toContain("npm run doctor -- [options]");
  expect(status).toBe(2);
});

test("a missing file that the doctor itself imports is reported by name", async () => {
  const directory = await copy();
  rmSync(join(directory, "convex/lib/env.lib.ts"));
  const { status, output } = doctor(directory);
  expect(output).toMatch(
    /^problem {2}[\w./]+:\d+: Could not resolve "[./\w]+\/lib\/env\.lib"\n +→ Correct the file/,
  );
  expect(output).not.toContain("    at ");
  expect(status).toBe(1);
});
