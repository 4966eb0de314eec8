import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

function run(program: string, ...args: string[]) {
  const command = ["scripts/run.mjs", program, ...args];
  return spawnSync(process.execPath, command, { cwd: root, encoding: "utf8" });
}

test.each([
  ["quality/bench/cold/main.ts", "bench:cold"],
  ["quality/bench/embedded/main.ts", "bench:embedded"],
  ["quality/bench/http/main.ts", "bench:http"],
  ["quality/bench/webhooks/main.ts", "bench:webhooks"],
  ["quality/bench/soak/main.ts", "soak"],
  ["quality/faults/main.ts", "faults"],
  ["quality/abuse/main.ts", "abuse"],
])("%s prints its usage with --help and after an unknown option", (program, script) => {
  const usage = `npm run ${script} -- [`;
  const wrong = run(program, "--nonsense");
  expect([wrong.status, wrong.stdout]).toEqual([2, ""]);
  expect(wrong.stderr).toMatch(/^Unknown option '--nonsense'/);
  expect(wrong.stderr).toContain(usage);
  expect(wrong.stderr).not.toContain("    at ");
  const help = run(program, "--help");
  expect([help.status, help.stderr]).toEqual([0, ""]);
  expect(help.stdout).toContain(usage);
});
