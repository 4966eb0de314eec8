import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { expect, test } from "vitest";
import counterSchema from "../../fixtures/harness/convex/counter/schema";
import { api, components } from "../../fixtures/harness/convex/references.lib";
import { counterModules, startWithCounters } from "./harnessForTests";
import { convexTest, defineTestApp } from "./index";

const schema = defineSchema({ messages: defineTable({ text: v.string() }) });

test("an app of a test has typed functions, references and new instances", async () => {
  const app = defineTestApp({ schema });
  const defined = app.defineModules({
    test: {
      send: app.mutation({
        args: { text: v.string() },
        returns: v.id("messages"),
        handler: (ctx, args) => ctx.db.insert("messages", args),
      }),
    },
    "test/reads": {
      texts: app.internalQuery({
        handler: async (ctx) => (await ctx.db.query("messages").collect()).map(({ text }) => text),
      }),
    },
  });
  const t = defined.createTest();
  await t.mutation(defined.api.test.send, { text: "hello" });
  expect(await t.query(defined.internal.test.reads.texts)).toEqual(["hello"]);
  expect(await defined.createTest().query(defined.internal.test.reads.texts)).toEqual([]);
  await expect(t.mutation(defined.api.test.send, {} as { text: string })).rejects.toThrow(
    "missing the required",
  );
});

test("components are registered in every instance, and their functions can be called", async () => {
  const register = (t: ReturnType<typeof convexTest>, name: string): typeof components.counter => {
    // The types of `convex-test` 0.0.60 have no result.
    const registerComponent = t.registerComponent as (...args: unknown[]) => unknown;
    return registerComponent(name, counterSchema, counterModules) as typeof components.counter;
  };
  const app = defineTestApp({ schema, components: { counter: { register } } });
  const { createTest } = app.defineModules({});
  for (const t of [createTest(), createTest()]) {
    await t.mutation(app.components.counter.lib.add, { name: "a", amount: 2 });
    expect(await t.query(app.components.counter.lib.total, { name: "a" })).toBe(2);
  }
  expect(() => defineTestApp({ schema, components: { "a/b": { register } } })).toThrow(
    'Invalid component instance name "a/b"',
  );
});

test("t serves as the context of helpers, and calls functions by their paths", async () => {
  const t = startWithCounters(convexTest) as ReturnType<typeof startWithCounters> & Internals;
  await t.runMutation(components.counter.lib.add, { name: "a", amount: 3 });
  expect(await t.runQuery(components.counter.lib.total, { name: "a" })).toBe(3);
  await t.runAction(api.messages.sendAll, { bodies: ["one"] });
  expect(await t.fun({ componentPath: "", udfPath: "messages:bodies" })).toEqual(["one"]);
  expect(await t.fun({ componentPath: "counter", udfPath: "lib:total" }, { name: "a" })).toBe(3);
  const seen = await t.run(async () => {
    await t.mutation(api.messages.send, { author: "ada", body: "two" });
    return t.snapshotQueryFromPath({ componentPath: "", udfPath: "messages:bodies" });
  });
  expect(seen).toEqual(["one"]);
});

/** The methods that the types of `convex-test` omit. */
interface Internals {
  runQuery(reference: unknown, args: object): Promise<unknown>;
  runMutation(reference: unknown, args: object): Promise<unknown>;
  runAction(reference: unknown, args: object): Promise<unknown>;
  fun(path: object, args?: object): Promise<unknown>;
  snapshotQueryFromPath(path: object, args?: object): Promise<unknown>;
}
