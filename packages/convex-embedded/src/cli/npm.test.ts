/** What npm does to a server that it starts: real npm, real signals. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { dirname } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BASIC, temporaryDirectory } from "../../fixtures/serve";
import { optionTakenByNpm } from "./npm";

const root = dirname(import.meta.dirname);

/** `npm start ARGS`, whose processes are a group of their own, gone when the test is. */
function npmStart(...args: string[]) {
  const npm = spawn("npm", ["start", ...args], {
    cwd: root,
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
  ["start", { npm_config_api_port: "4000" }, "--api-port"],
  ["embedded", { npm_config_replace: "true" }, "--replace"],
  ["start", { npm_config_watch: "" }, undefined],
  ["start", { npm_config_registry: "https://example.com" }, undefined],
  // npm's own: somebody may have set it for npm.
  ["embedded", { npm_config_yes: "true" }, undefined],
  // Not a script of ours that reads options.
  ["test", { npm_config_watch: "true" }, undefined],
  [undefined, { npm_config_watch: "true" }, undefined],
])("of the script %s npm has kept, by %o: %s", (script, config, option) => {
  const env = { ...config, ...(script !== undefined && { npm_lifecycle_event: script }) };
  expect(optionTakenByNpm(["watch", "api-port", "replace", "yes"], env)).toBe(option);
});
