import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { CLI_TIMEOUT_MS, serveForTools, startConvex } from "../../fixtures/convexCli";

vi.setConfig({ testTimeout: CLI_TIMEOUT_MS });

test("npx convex logs prints what functions log, with history, errors and successes", async () => {
  const { server, project } = await serveForTools();
  const settings = { CONVEX_SELF_HOSTED_URL: server.apiUrl, CONVEX_SELF_HOSTED_ADMIN_KEY: server.adminKey };
  await server.run("messages:relay", { author: "ada", text: "earlier" });
  const watching = startConvex(project, settings, "logs", "--history", "5", "--success");
  let printed = "";
  watching.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  const shows = async (text: string): Promise<void> => {
    while (!printed.includes(text)) await once(watching.stdout, "data");
  };
  await shows("[CONVEX A(messages:relay)] [LOG] relaying earlier");
  await server.run("messages:crash", {}).catch(() => undefined);
  await shows("[CONVEX Q(messages:crash)] [WARN] about to crash");
  await shows("Uncaught Error: out of order");
  await server.run("messages:send", { author: "ada", text: "later" });
  await shows("[CONVEX M(messages:send)] Function executed in");
  watching.kill("SIGINT");
  await once(watching, "exit");
});

test("npx convex run --inline-query reads data, logs, and reports errors", async () => {
  const { server, run } = await serveForTools();
  await server.run("messages:seed", { author: "ada", count: 2 });
  const inline = (source: string) => run("run", "--inline-query", source);
  const counted = await inline(
    `const all = await ctx.db.query("messages").collect(); console.log("counting"); return all.length;`,
  );
  expect(counted).toEqual({ code: 0, stdout: "2\n", stderr: expect.stringContaining("counting") as string });
  const failed = await inline(`throw new Error("my fault");`);
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining("my fault")]);
  const writes = await inline(`return await ctx.db.insert("messages", { author: "a", text: "b" });`);
  expect(writes.code).toBe(1);
  const invalid = await inline(`return (;`);
  expect([invalid.code, invalid.stderr]).toEqual([1, expect.stringContaining("testQuery.js")]);
});
