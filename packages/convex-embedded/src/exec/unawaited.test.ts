/** Work that a query or mutation does not await. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { BASIC, copyOf, serve } from "../../fixtures/serve";
import { failUncaught } from "./uncaughtErrors";

const FUNCTIONS = `
  import { anyApi, internalMutationGeneric as mutation, internalQueryGeneric as query } from "convex/server";
  const insert = (ctx, text) => ctx.db.insert("notes", { text });

  export const texts = query(async ({ db }) => (await db.query("notes").collect()).map(({ text }) => text));
  export const reject = mutation(async (ctx) => {
    await insert(ctx, "lost");
    void Promise.reject(new Error("not handled"));
    return "returned";
  });
  export const rejectLate = mutation(async (ctx) => {
    void ctx.runMutation(anyApi.unawaited.fail, {}).then(() => insert(ctx, "lost"));
    return await insert(ctx, "lost too");
  });
  export const fail = mutation(async (ctx) => {
    await insert(ctx, "lost as well");
    throw new Error("nested failure");
  });
  export const rejectInQuery = query(async ({ db }) => {
    void db.query("notes").collect().then(() => { throw new Error("from a query"); });
    return "returned";
  });
  export const catchNested = mutation(async (ctx) => {
    await insert(ctx, "kept");
    return await ctx.runMutation(anyApi.unawaited.reject, {}).catch((error) => error.message);
  });
  export const handleLate = mutation(async () => {
    const promise = Promise.reject(new Error("handled"));
    await Promise.resolve();
    return await promise.catch(({ message }) => message);
  });
  export const writeLater = mutation(async (ctx) => {
    void (async () => {
      for (const text of ["a", "b"]) {
        await ctx.runMutation(anyApi.unawaited.add, { text });
        await ctx.db.query("notes").filter((q) => q.eq(q.field("text"), text)).collect();
      }
      await insert(ctx, "c");
    })();
    return null;
  });
  export const add = mutation(async (ctx, { text }) => { void Promise.resolve().then(() => insert(ctx, text)); });
`;

async function start() {
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", (reason) => {
    if (!failUncaught(reason)) for (const other of others) other(reason, Promise.resolve());
  });
  onTestFinished(() => {
    process.removeAllListeners("unhandledRejection");
    for (const other of others) process.on("unhandledRejection", other);
  });
  const project = copyOf(BASIC);
  writeFileSync(join(project, "convex", "unawaited.ts"), FUNCTIONS);
  const { server } = await serve({ project });
  return (name: string) => server.run(`unawaited:${name}`, {});
}

test.each([
  ["reject", "not handled"],
  ["rejectLate", "nested failure"],
  ["rejectInQuery", "from a query"],
])("a rejected promise that nothing handles fails the function: %s", async (name, message) => {
  const run = await start();
  await expect(run(name)).rejects.toThrow(message);
  expect(await run("texts")).toEqual([]);
});

test("a nested function fails alone, and its caller can catch the error", async () => {
  const run = await start();
  expect(await run("catchNested")).toBe("not handled");
  expect(await run("texts")).toEqual(["kept"]);
});

test("a rejection that is handled in time does not fail the function", async () => {
  expect(await (await start())("handleLate")).toBe("handled");
});

test("a mutation ends when its unawaited work has ended, and all of it is in its transaction", async () => {
  const run = await start();
  expect(await run("writeLater")).toBeNull();
  expect(await run("texts")).toEqual(["a", "b", "c"]);
});
