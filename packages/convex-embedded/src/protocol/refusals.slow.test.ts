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

/** Every command that this server, or the command line itself, refuses. */
const REFUSED: readonly (readonly string[])[] = [
  ["dashboard"],
  ["env", "default", "list"],
  ["insights"],
  ["deployments"],
  ["usage-limits", "list"],
  ["deployment", "create", "x"],
  ["deployment", "token", "create", "x"],
  ["project", "create", "x"],
  ["integration", "workos", "provision-environment"],
  ["dev", "--once", "--configure", "existing"],
  ["run", "messages:nothing"],
  ["data", "nothing", "--component", "nowhere"],
  ["import", "--table", "x", "missing.csv"],
  ["export", "--path", "/nowhere/x.zip"],
];

test.each(REFUSED.map((args) => [args.join(" "), args] as const))(
  "npx convex %s ends with a message and an exit code",
  async (_command, args) => {
    const { server, run } = await serveForTools();
    const { code, stdout, stderr } = await run(...args);
    expect([code, stderr + stdout]).toEqual([expect.any(Number), expect.stringMatching(/\S/)]);
    expect(code).not.toBe(0);
    expect(stderr + stdout).not.toMatch(/Uncaught|unhandled|TypeError|ZodError|\n {4}at .*node_modules/i);
    expect(await server.run("messages:list", { author: "ada" })).toEqual([]);
  },
);
