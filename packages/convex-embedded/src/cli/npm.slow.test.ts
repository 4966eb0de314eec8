/** Starts the server through npm and sends real signals. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BASIC, temporaryDirectory } from "../../fixtures/serve";
import { optionTakenByNpm } from "./npm";

const bin = resolve(import.meta.dirname, "../../bin/convex-embedded.mjs");

/** Runs `npm start ARGS` in a new project. Its processes form a group, which is killed after the test. */
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
      // All processes of the group have ended.
    }
  });
  return npm;
}

test.each(["SIGTERM", "SIGKILL"] as const)("the server stops when npm ends by %s", async (signal) => {
  const npm = npmStart("--", "--project", BASIC, "--data", temporaryDirectory(), "--port", "0");
  npm.stderr.resume();
  for await (const line of createInterface({ input: npm.stdout })) if (line.startsWith("ready")) break;
  npm.stdout.resume();
  // "close" is emitted when the last process that holds the pipe has ended, which is the server.
  const ended = once(npm, "close");
  npm.kill(signal);
  await ended;
});

test("an option that npm consumed is refused instead of being ignored silently", async () => {
  const npm = npmStart("--watch", "--", "--project", BASIC, "--data", temporaryDirectory(), "--port", "0");
  let printed = "";
  npm.stdout.resume();
  npm.stderr.setEncoding("utf8").on("data", (text: string) => (printed += text));
  const [code] = (await once(npm, "close")) as [number];
  expect(printed).toContain("npm consumed --watch itself. Put it after two dashes: npm start -- --watch");
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
])("for the script %s, npm consumed the option in %o: %s", (script, config, option) => {
  const env = { ...config, ...(script !== undefined && { npm_lifecycle_script: script }) };
  expect(optionTakenByNpm(["watch", "api-port", "replace", "yes"], env)).toBe(option);
});
