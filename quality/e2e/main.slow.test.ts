/** Runs the command in a separate process, against a deployment for which it has only the address. */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test, vi } from "vitest";
import { UsageError } from "../../packages/convex-embedded/src/cli/arguments";
import { serve } from "../../packages/convex-embedded/fixtures/serve";
import { SOURCES } from "../../scripts/webhook/senders";
import { parseOptions } from "./options";

const execute = promisify(execFile);

/** Runs the command. @returns its exit code and output. */
async function e2e(...args: string[]): Promise<{ status: number; printed: string }> {
  try {
    const { stdout } = await execute(process.execPath, ["scripts/run.mjs", "quality/e2e/main.ts", ...args]);
    return { status: 0, printed: stdout };
  } catch (error) {
    // The error of `execFile`.
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, printed: stdout + stderr };
  }
}

test("tests without their secret are skipped, and the summary names the secret", async () => {
  const { server } = await serve({ project: process.cwd() });
  const { status, printed } = await e2e("--base-url", server.url, "auth", "limits");
  expect([status, printed]).toEqual([
    0,
    expect.stringMatching(/End to end: \d+ passed, 0 failed, \d+ skipped/),
  ]);
  expect(printed).toMatch(/ {2}\d+ need --key: auth\.test\.ts, limits\.test\.ts/);
  expect(printed).toMatch(/ {2}2 need --token: auth\.test\.ts/);
});

test("a deployment that violates the contract fails the run", async () => {
  const { server } = await serve({
    project: process.cwd(),
    env: { CORS_ORIGINS: "https://app.example.org" },
  });
  const { status, printed } = await e2e(
    "--base-url",
    server.url,
    "--origin",
    "https://other.example.org",
    "cors",
  );
  expect([status, printed]).toEqual([
    1,
    expect.stringMatching(/End to end: \d+ passed, [1-9]\d* failed, 0 skipped/),
  ]);
});

test("an error that would fail every suite is reported in one line", async () => {
  const { server } = await serve({ project: process.cwd() });
  const error = async (...args: string[]) => {
    const { status, printed } = await e2e(...args, "limits");
    expect(status).toBe(1);
    return printed.trim();
  };
  expect(await error("--base-url", "http://127.0.0.1:1")).toMatch(
    /^Nothing answers at http:\/\/127\.0\.0\.1:1 \(.+\)\. Start the deployment, or check --base-url\.$/,
  );
  expect(await error("--base-url", server.apiUrl)).toBe(
    `GET ${server.apiUrl}/health answers 404, so this is not the API. Check --base-url.`,
  );
  expect(await error("--base-url", server.url, "--key", "cha_wrong")).toBe(
    "The deployment refuses the key: Invalid API key. Set E2E_KEY or --key to another key.",
  );
  expect(await error("--base-url", server.url, "--key", "cha_…")).toBe(
    "The key contains invalid characters. Copy the whole key to E2E_KEY or --key.",
  );
});

test("a run without tests fails", async () => {
  const { server } = await serve({ project: process.cwd() });
  expect((await e2e("--base-url", server.url, "no-such-suite")).status).toBe(1);
});

const document = resolve("openapi/openapi.json");
/** The options of a run that starts its own deployment of this project. */
const NONE = { given: undefined, app: undefined };
const parse = (args: string[], env: Record<string, string> = {}) => parseOptions(args, env);

test("secrets need --base-url, and options are parsed", () => {
  expect(() => parse(["--key", "cha_x"])).toThrow(UsageError);
  expect(() => parse(["--base-url", "nowhere"])).toThrow("--base-url nowhere is not a URL.");
  expect(() => parse(["--no-such-option"])).toThrow(UsageError);
  expect(() => parse(["--app", "examples"])).toThrow(UsageError);
  expect(() => parse(["--app", "scripts/adopt/fixtures/plain"])).toThrow(
    "scripts/adopt/fixtures/plain has not adopted the API. Run `npm run adopt -- scripts/adopt/fixtures/plain` first.",
  );
  expect(parse(["--help"])).toBeNull();
  expect(parse([])).toEqual({ ...NONE, only: [] });
  expect(parse(["--base-url", "https://a.example/", "--clerk-secret", "s", "keys"])).toEqual({
    given: { baseUrl: "https://a.example", document, direct: false, secrets: { clerk: "s" } },
    app: undefined,
    only: ["keys"],
  });
});

test("secrets are also read from the environment; an option takes precedence, and an empty variable is ignored", () => {
  const url = ["--base-url", "https://a.example"];
  const env = {
    ...{ E2E_KEY: "k", E2E_TOKEN: "t" },
    ...Object.fromEntries(SOURCES.map((source) => [`E2E_${source.toUpperCase()}_SECRET`, source])),
    E2E_ORIGIN: "not a secret",
  };
  const secrets = Object.fromEntries(SOURCES.map((source) => [source, source]));
  const given = { baseUrl: "https://a.example", document, direct: false, key: "k", token: "t", secrets };
  expect(parse(url, env)).toEqual({ ...NONE, given, only: [] });
  expect(parse([...url, "--key", "other"], { ...env, E2E_TOKEN: "" })).toEqual({
    ...NONE,
    given: { ...given, key: "other", token: undefined },
    only: [],
  });
  expect(parse([], env)).toEqual({ ...NONE, only: [] });
});

test("the command reads a secret from its environment", async () => {
  const { server } = await serve({ project: process.cwd() });
  vi.stubEnv("E2E_KEY", "cha_wrong");
  onTestFinished(() => void vi.unstubAllEnvs());
  const { status, printed } = await e2e("--base-url", server.url, "limits");
  expect([status, printed.trim()]).toEqual([
    1,
    "The deployment refuses the key: Invalid API key. Set E2E_KEY or --key to another key.",
  ]);
});
