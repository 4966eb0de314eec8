import { expect, test, vi } from "vitest";
import { CLI_TIMEOUT_MS, serveForTools } from "../../fixtures/convexCli";

vi.setConfig({ testTimeout: CLI_TIMEOUT_MS });

test("only the operator sees why a request is refused", async () => {
  const { server } = await serveForTools();
  const ask = async (path: string, authorization?: string) => {
    const init = { method: "POST", ...(authorization !== undefined && { headers: { authorization } }) };
    const response = await fetch(`${server.apiUrl}${path}`, init);
    return [response.status, ((await response.json()) as { code: string }).code];
  };
  for (const path of ["/api/push_config", "/api/stream_udf_execution", "/api/import"]) {
    expect(await ask(path)).toEqual([403, "BadDeployKey"]);
    expect(await ask(path, "Convex embedded_0")).toEqual([403, "BadDeployKey"]);
    expect(await ask(path, `Convex ${server.adminKey}`)).toEqual([
      path.includes("stream") ? 403 : 400,
      "NotSupportedByEmbeddedRuntime",
    ]);
  }
  const served = [
    "deploy2/start_push",
    "deploy2/evaluate_schema",
    "deploy2/wait_for_schema",
    "deploy2/finish_push",
    "get_config_hashes",
    "run_test_function",
    "import/start_upload",
    "export/request/zip",
  ];
  for (const path of served) {
    expect(await ask(`/api/${path}`)).toEqual([403, "BadDeployKey"]);
    expect(await ask(`/api/${path}`, "Convex embedded_0")).toEqual([403, "BadDeployKey"]);
  }
  expect(await ask("/api/nothing")).toEqual([404, "NotFound"]);
});

test("a request for an HTTP action gets a 404 that mentions the other port", async () => {
  const { server } = await serveForTools();
  const { message } = (await (await fetch(`${server.apiUrl}/items`)).json()) as { message: string };
  expect(message).toContain("HTTP actions have another port.");
});

/** Commands that this server, or the command line itself, refuses, with their exit codes. */
const REFUSED: readonly (readonly [code: number, ...args: string[]])[] = [
  [0, "dashboard"],
  [1, "env", "default", "list"],
  [1, "insights"],
  [1, "deployment", "create", "x"],
  [1, "deployment", "token", "create", "x"],
  [1, "project", "create", "x"],
  [1, "integration", "workos", "provision-environment"],
  [1, "run", "messages:nothing"],
  [1, "data", "nothing", "--component", "nowhere"],
  [1, "import", "--table", "x", "missing.csv"],
  [1, "export", "--path", "/nowhere/x.zip"],
];

test("each refused command ends with a message and an exit code, never with an uncaught exception", async () => {
  const { server, run } = await serveForTools();
  for (const [expected, ...args] of REFUSED) {
    const { code, stdout, stderr } = await run(...args);
    const printed = stderr + stdout;
    expect([args, code]).toEqual([args, expected]);
    expect(printed).toMatch(/\S/);
    expect(printed).not.toMatch(/Uncaught Exception|unhandled|TypeError|ZodError|\n {4}at .*node_modules/i);
  }
  expect(await server.run("messages:list", { author: "ada" })).toEqual([]);
});
