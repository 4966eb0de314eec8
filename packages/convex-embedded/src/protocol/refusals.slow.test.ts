import { expect, test, vi } from "vitest";
import { CLI_TIMEOUT_MS, serveForTools } from "../../fixtures/convexCli";

vi.setConfig({ testTimeout: CLI_TIMEOUT_MS });

const PUSH = "Run `npm start -- --watch` to serve changes as they are saved, and `npm run codegen` to write";

test("unsupported commands end immediately and say what to do instead", async () => {
  const { run } = await serveForTools();
  const commands: readonly (readonly [string, ...string[]])[] = [
    [PUSH, "dev", "--once"],
    [PUSH, "deploy", "-y", "--typecheck", "disable"],
    [PUSH, "codegen", "--typecheck", "disable"],
    [PUSH, "run", "messages:crash", "--push", "--typecheck", "disable"],
    ["functions write to the terminal where `npm start` runs", "logs"],
    ["Use `npx convex-embedded export FILE` instead.", "export", "--path", "snapshot.zip"],
    ["Use `npx convex-embedded import FILE` instead.", "import", "--table", "messages", "package.json", "-y"],
    ["Inline queries are not supported", "run", "--inline-query", "1"],
  ];
  for (const [words, ...args] of commands) {
    const { code, stderr } = await run(...args);
    expect([args, code]).toEqual([args, 1]);
    expect(stderr).toContain(words);
  }
});

test("only the operator sees why a request is refused", async () => {
  const { server } = await serveForTools();
  const ask = async (path: string, authorization?: string) => {
    const init = { method: "POST", ...(authorization !== undefined && { headers: { authorization } }) };
    const response = await fetch(`${server.apiUrl}${path}`, init);
    return [response.status, ((await response.json()) as { code: string }).code];
  };
  for (const path of ["/api/deploy2/start_push", "/api/stream_function_logs", "/api/run_test_function"]) {
    expect(await ask(path)).toEqual([403, "BadDeployKey"]);
    expect(await ask(path, "Convex embedded_0")).toEqual([403, "BadDeployKey"]);
    expect(await ask(path, `Convex ${server.adminKey}`)).toEqual([
      path.includes("logs") ? 403 : 400,
      "NotSupportedByEmbeddedRuntime",
    ]);
  }
  expect(await ask("/api/nothing")).toEqual([404, "NotFound"]);
});

test("a request for an HTTP action gets a 404 that mentions the other port", async () => {
  const { server } = await serveForTools();
  const { message } = (await (await fetch(`${server.apiUrl}/items`)).json()) as { message: string };
  expect(message).toContain("HTTP actions have another port.");
});
