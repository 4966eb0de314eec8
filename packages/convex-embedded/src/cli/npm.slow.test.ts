/** What npm does to a server that it starts: real npm, real signals. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BASIC, temporaryDirectory } from "../../fixtures/serve";
import { optionTakenByNpm } from "./npm";

const bin = resolve(import.meta.dirname, "../../bin/convex-embedded.mjs");

/** `npm start ARGS` in a project of its own. Its processes form a group, which ends with the test. */
function npmStart(...args: string[]) {
  const project = temporaryDirectory();
  const scripts = { start: `convex-embedded start` };
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "project", scripts }));
  mkdirSync(join(project, "node_modules/.bin"), { recursive: true });
  symlinkSync(bin, join(project, "node_modules/.bin/convex-embedded"));
  // eslint-disable-next-line no-restricted-syntax -- the whole group is killed below
  const npm = spawn("npm", ["start", ...args], {
    cwd: project,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => {
    try {
      if (npm.pid !== undefined) process.kill(-npm.pid, "SIGKILL");
    } catch {
      // All of them have ended.
    }
  });
  return npm;
}

test.each(["SIGTERM", "SIGKILL"] as const)("the server ends when npm does, by %s", async (signal) => {
  const npm = npmStart("--", "--project", BASIC, "--data", temporaryDirectory(), "--port", "0");
  npm.stderr.resume();
  for await (const line of createInterface({ input: npm.stdout })) if (line.startsWith("ready")) break;
  npm.stdout.resume();
  // "close" comes when nobody is left who could write there, and the server is the last who could.
  const ended = once(npm, "close");
  npm.kill(signal);
  await ended;
});

test("an option that npm keeps for itself is refused, and not left out in silence", async () => {
  const npm = npmStart("--watch", "--", "--project", BASIC, "--data", temporaryDirectory(), "--port", "0");
  let printed = "";
  npm.stdout.resume();
  npm.stderr.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const [code] = (await once(npm, "close")) as [number];
  expect(printed).toContain(
    "npm has kept --watch for itself. Write it behind two dashes: npm start -- --watch",
  );
  expect(code).not.toBe(0);
});

test.each([
  ["convex-embedded start", { npm_config_api_port: "4000" }, "--api-port"],
  ["convex-embedded", { npm_config_replace: "true" }, "--replace"],
  ["convex-embedded start", { npm_config_watch: "" }, undefined],
  ["convex-embedded start", { npm_config_registry: "https://example.com" }, undefined],
  // One of npm's own options, so it may have been meant for npm.
  ["convex-embedded", { npm_config_yes: "true" }, undefined],
  // These scripts start another program.
  ["vitest run", { npm_config_watch: "true" }, undefined],
  ["tsc -p packages/convex-embedded/tsconfig.json", { npm_config_watch: "true" }, undefined],
  [undefined, { npm_config_watch: "true" }, undefined],
])("of the script %s npm has kept, by %o: %s", (script, config, option) => {
  const env = { ...config, ...(script !== undefined && { npm_lifecycle_script: script }) };
  expect(optionTakenByNpm(["watch", "api-port", "replace", "yes"], env)).toBe(option);
});
