import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { CLI_TIMEOUT_MS, projectForTools, serveForTools } from "../../fixtures/convexCli";
import { serve } from "../../fixtures/serve";

vi.setConfig({ testTimeout: CLI_TIMEOUT_MS });

test("npx convex env sets variables for functions and keeps them in the env file", async () => {
  const { server, project, run } = await serveForTools();
  const file = join(project, ".env.local");
  const value = "two words, $1 and 'quotes'";
  const seen = () => server.run("messages:setting", { name: "GREETING" });
  expect(await seen()).toBeNull();
  expect((await run("env", "set", "GREETING", value)).code).toBe(0);
  expect(await seen()).toBe(value);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const [got, listed, missing] = await Promise.all([
    run("env", "get", "GREETING"),
    run("env", "list", "--include-values"),
    run("env", "get", "NOTHING"),
  ]);
  expect(got.stdout).toBe(`${value}\n`);
  expect(listed.stdout).toContain("GREETING=");
  expect(missing.stderr).toContain('Environment variable "NOTHING" not found');
  expect((await run("env", "remove", "GREETING")).code).toBe(0);
  expect(await seen()).toBeNull();
  expect(readFileSync(file, "utf8")).toBe("");
});

test("npx convex env refuses variables that cannot be set, and changes nothing", async () => {
  const { server, project, run } = await serveForTools();
  const { code, stderr } = await run("env", "set", "CONVEX_SELF_HOSTED_ADMIN_KEY", "mine");
  expect(code).toBe(1);
  expect(stderr).toContain('"CONVEX_SELF_HOSTED_ADMIN_KEY" is built-in and cannot be overridden');

  const update = async (...changes: unknown[]) => {
    const response = await fetch(`${server.apiUrl}/api/update_environment_variables`, {
      method: "POST",
      headers: { authorization: `Convex ${server.adminKey}` },
      body: JSON.stringify({ changes }),
    });
    return [response.status, await response.text()];
  };
  const fine = { name: "FINE", value: "x" };
  for (const [change, words] of [
    [{ name: "CONVEX_SITE_URL", value: "https://example.com" }, "is built-in and cannot be overridden"],
    [{ name: "1ST", value: "x" }, "The environment variable name 1ST is invalid."],
    [{ name: "N".repeat(41), value: "x" }, "is too long."],
    [{ name: "LONG", value: "x".repeat(8193) }, "is 8193 bytes, which is too large."],
    [{ name: "QUOTED", value: `'"\`` }, "An env file cannot hold the value of QUOTED"],
    [{ name: "NUMBER", value: 1 }, "`value` must be a string"],
    [{}, "each change needs a `name`"],
    ["x", "it must be an object"],
  ] as const) {
    expect(await update(fine, change)).toEqual([400, expect.stringContaining(words)]);
  }
  expect(statSync(join(project, ".env.local"), { throwIfNoEntry: false })).toBeUndefined();
  expect(await server.run("messages:setting", { name: "FINE" })).toBeNull();
});

test("only the operator may read and set variables over HTTP", async () => {
  const { server } = await serveForTools();
  const call = async (method: string, path: string, authorization?: string) => {
    const body = method === "POST" ? { body: JSON.stringify({ changes: [{ name: "A", value: "1" }] }) } : {};
    const headers = authorization === undefined ? {} : { headers: { authorization } };
    return fetch(`${server.apiUrl}/api${path}`, { method, ...body, ...headers });
  };
  for (const key of [undefined, "Convex wrong", `Bearer ${server.adminKey}`]) {
    expect((await call("POST", "/update_environment_variables", key)).status).toBe(403);
    expect((await call("GET", "/v1/list_environment_variables", key)).status).toBe(403);
  }
  expect(await server.run("messages:setting", { name: "A" })).toBeNull();
  const operator = `Convex ${server.adminKey}`;
  expect((await call("POST", "/v1/update_environment_variables", operator)).status).toBe(200);
  const listed = await call("GET", "/list_environment_variables", operator);
  expect(await listed.json()).toEqual({ environmentVariables: { A: "1" } });
});

test("functions do not see the settings of Convex's tools", async () => {
  const project = projectForTools();
  const names = ["CONVEX_SELF_HOSTED_URL", "CONVEX_SELF_HOSTED_ADMIN_KEY", "CONVEX_DEPLOYMENT"];
  writeFileSync(join(project, ".env.local"), `${names.map((name) => `${name}=x\n`).join("")}A=1\n`);
  const env = { CONVEX_DEPLOY_KEY: "x", CONVEX_DEPLOYMENT_TOKEN: "x", B: "2" };
  const { server } = await serve({ project, env, envFile: ".env.local" });
  const seen = (name: string) => server.run("messages:setting", { name });
  for (const name of [...names, "CONVEX_DEPLOY_KEY", "CONVEX_DEPLOYMENT_TOKEN"])
    expect(await seen(name)).toBeNull();
  expect([await seen("A"), await seen("B")]).toEqual(["1", "2"]);
  const headers = { authorization: `Convex ${server.adminKey}` };
  const listed = await fetch(`${server.apiUrl}/api/list_environment_variables`, { headers });
  expect(await listed.json()).toEqual({ environmentVariables: { A: "1" } });
});

test("a change that makes the functions fail to build is refused", async () => {
  const { server } = await serveForTools();
  const update = (value: string | null) =>
    fetch(`${server.apiUrl}/api/update_environment_variables`, {
      method: "POST",
      headers: { authorization: `Convex ${server.adminKey}` },
      body: JSON.stringify({ changes: [{ name: "OIDC_DOMAIN", value }] }),
    });
  expect((await update("https://issuer.example")).status).toBe(200);
  const refused = await update("http://issuer.example");
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining("HTTPS")]);
  expect(await server.run("messages:setting", { name: "OIDC_DOMAIN" })).toBe("https://issuer.example");
});
