import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test, vi } from "vitest";
import { CLI_TIMEOUT_MS, serveForTools, startConvex } from "../../fixtures/convexCli";

vi.setConfig({ testTimeout: CLI_TIMEOUT_MS });

interface Answer {
  readonly id?: number;
  readonly result?: { readonly content: readonly { readonly text: string }[]; readonly isError?: boolean };
}

/** Speaks the Model Context Protocol with a process. @returns a function that calls a method and returns its result. */
function client(child: ChildProcessWithoutNullStreams): (method: string, params: object) => Promise<Answer> {
  const answers = createInterface({ input: child.stdout });
  let last = 0;
  return async (method, params) => {
    const id = ++last;
    child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    for (;;) {
      const [line] = (await once(answers, "line")) as [string];
      const answer = JSON.parse(line) as Answer;
      if (answer.id === id) return answer;
    }
  };
}

/** Serves what the tool asks Convex about the developer, who must be logged in. @returns its address. */
async function account(): Promise<string> {
  const server = createServer((_request, response) => response.end(JSON.stringify({ optInsToAccept: [] })));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("npx convex mcp lists tables with schemas and shapes, reads data and logs, and runs queries", async () => {
  const { server, project } = await serveForTools();
  const settings = {
    CONVEX_SELF_HOSTED_URL: server.apiUrl,
    CONVEX_SELF_HOSTED_ADMIN_KEY: server.adminKey,
    CONVEX_PROVISION_HOST: await account(),
    CONVEX_OVERRIDE_ACCESS_TOKEN: "token",
  };
  await server.run("messages:seed", { author: "ada", count: 2 });
  await server.run("messages:relay", { author: "ada", text: "hi" });
  const child = startConvex(project, settings, "mcp", "start");
  const call = client(child);
  const clientInfo = { name: "test", version: "1" };
  await call("initialize", { protocolVersion: "2024-11-05", capabilities: {}, clientInfo });
  const tool = async (name: string, args: object): Promise<unknown> => {
    const { result } = await call("tools/call", { name, arguments: args });
    const text = result?.content[0]?.text ?? "";
    expect([name, result?.isError ?? false, text]).toEqual([name, false, expect.anything()]);
    return JSON.parse(text);
  };
  const status = (await tool("status", { projectDir: project })) as {
    availableDeployments: readonly { deploymentSelector: string }[];
  };
  const deploymentSelector = status.availableDeployments[0]?.deploymentSelector;

  expect(await tool("tables", { deploymentSelector })).toMatchObject({
    tables: {
      messages: {
        schema: { tableName: "messages", indexes: [{ indexDescriptor: "by_author" }] },
        inferredSchema: {
          type: "Object",
          fields: expect.arrayContaining([
            { fieldName: "author", optional: false, shape: { type: "String" } },
            { fieldName: "_id", optional: false, shape: { type: "Id", tableName: "messages" } },
          ]) as unknown,
        },
      },
      empty: { inferredSchema: { type: "Never" } },
    },
  });
  const data = { deploymentSelector, tableName: "messages", order: "asc", limit: 1 };
  expect(await tool("data", data)).toMatchObject({ page: [{ text: "message 1" }], isDone: false });
  expect(await tool("logs", { deploymentSelector })).toMatchObject({
    entries: expect.stringContaining("relaying hi") as string,
  });
  const query = `export default query({ handler: async (ctx) => (await ctx.db.query("messages").take(9)).length });`;
  expect(await tool("runOneoffQuery", { deploymentSelector, query })).toMatchObject({ result: 3 });
  expect(JSON.stringify(await tool("functionSpec", { deploymentSelector }))).toContain("messages.js:relay");
  child.kill("SIGTERM");
  await once(child, "exit");
});
