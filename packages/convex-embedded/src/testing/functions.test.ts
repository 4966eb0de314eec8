import type { GenericDataModel, GenericMutationCtx } from "convex/server";
import type { GenericId } from "convex/values";
import { ConvexError, v } from "convex/values";
import { defineSchema, defineTable, makeFunctionReference } from "convex/server";
import { describe, expect, test } from "vitest";
import { Refused } from "../../fixtures/harness/convex/functions.lib";
import { api } from "../../fixtures/harness/convex/references.lib";
import { BOTH, modules, start } from "./harnessForTests";

const hello = { author: "ada", body: "hello" };

describe.each(BOTH)("on %s", (_name, convexTest) => {
  test("queries read the writes of mutations and actions", async () => {
    const t = start(convexTest);
    await t.mutation(api.messages.send, hello);
    expect(await t.action(api.messages.sendAll, { bodies: ["a", "b"] })).toHaveLength(3);
    expect(await t.query(api.messages.by, { author: "bot" })).toMatchObject([
      { author: "bot" },
      { author: "bot" },
    ]);
    expect(await t.query(api.messages.by, { author: "nobody" })).toEqual([]);
  });

  test("pagination ends with the last document", async () => {
    const t = start(convexTest);
    for (const body of ["a", "b", "c"]) await t.mutation(api.messages.send, { author: "ada", body });
    const first = await t.query(api.messages.page, { options: { numItems: 2, cursor: null } });
    expect([first.page.map(({ body }) => body), first.isDone]).toEqual([["a", "b"], false]);
    const options = { numItems: 2, cursor: first.continueCursor };
    const second = await t.query(api.messages.page, { options });
    expect([second.page.map(({ body }) => body), second.isDone]).toEqual([["c"], true]);
  });

  test("an inline function can be called", async () => {
    const t = start(convexTest);
    const id = await t.mutation((ctx) => ctx.db.insert("messages", hello));
    await t.mutation(async (ctx) => {
      await ctx.db.patch("messages", id, { body: "changed" });
    });
    expect(await t.query((ctx) => ctx.db.get("messages", id))).toMatchObject({ _id: id, body: "changed" });
    expect(await t.action((ctx) => ctx.runQuery(api.messages.bodies))).toEqual(["changed"]);
    const remove = t.query((ctx) =>
      (ctx.db as GenericMutationCtx<GenericDataModel>["db"]).delete("messages", id),
    );
    await expect(remove).rejects.toThrow();
  });

  test("t.run has the database and returns a copy of its result", async () => {
    const t = start(convexTest);
    const given = { list: [1n, null] };
    const result = await t.run(async (ctx) => {
      await ctx.db.insert("messages", hello);
      return given;
    });
    expect(result).toEqual(given);
    expect(result).not.toBe(given);
    const nothing = await t.run(() => Promise.resolve(undefined as unknown));
    expect(nothing).toBeNull();
    expect(await t.query(api.messages.bodies)).toEqual(["hello"]);
  });

  test("a function that throws leaves no writes", async () => {
    const t = start(convexTest);
    await expect(t.mutation(api.messages.sendThenFail, { how: "error" })).rejects.toThrow("on purpose");
    const failing = t.run(async (ctx) => {
      await ctx.db.insert("messages", hello);
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(await t.query(api.messages.bodies)).toEqual([]);
  });

  test("a test gets a function's error with its data and class", async () => {
    const t = start(convexTest);
    const data = { code: 7, why: ["it", "must"] };
    await expect(t.mutation(api.messages.sendThenFail, { how: "data" })).rejects.toMatchObject({ data });
    await expect(t.mutation(api.messages.sendThenFail, { how: "data" })).rejects.toThrow(ConvexError);
    await expect(t.mutation(api.messages.sendThenFail, { how: "class" })).rejects.toThrow(Refused);
    const text = new ConvexError("in words");
    await expect(t.query(() => Promise.reject(text))).rejects.toBe(text);
    expect(text.data).toBe("in words");
  });

  test("a caller gets the data of a nested error and keeps its own writes", async () => {
    const t = start(convexTest);
    const data = { code: 7, why: ["it", "must"] };
    expect(await t.mutation(api.nested.keepAndUndo)).toEqual(data);
    expect(await t.query(api.messages.bodies)).toEqual(["kept"]);
    expect(await t.action(api.nested.caught)).toEqual(data);
  });

  test("arguments, results and documents are validated", async () => {
    const t = start(convexTest);
    const wrong = { author: "ada", body: 1 } as unknown as typeof hello;
    await expect(t.mutation(api.messages.send, wrong)).rejects.toThrow("Validator error");
    const more = { ...hello, more: true } as typeof hello;
    await expect(t.mutation(api.messages.send, more)).rejects.toThrow("Validator error");
    await expect(t.query(api.messages.wrongResult)).rejects.toThrow("Validator error");
    await expect(t.run((ctx) => ctx.db.insert("messages", wrong))).rejects.toThrow("Validator error");
    const other = convexTest(defineSchema({ notes: defineTable({ message: v.id("messages") }) }), modules);
    const message = "no id" as GenericId<"messages">;
    await expect(other.run((ctx) => ctx.db.insert("notes", { message }))).rejects.toThrow("Validator error");
    expect(await t.query(api.messages.bodies)).toEqual([]);
  });

  test("calling a function as another kind, or a missing function, fails", async () => {
    const t = start(convexTest);
    // @ts-expect-error -- it is a mutation
    await expect(t.query(api.messages.send, hello)).rejects.toThrow();
    const missing = makeFunctionReference<"query">("none/at:all");
    await expect(t.query(missing)).rejects.toThrow("none/at");
  });

  test("without a schema every document is valid, and validation can be switched off", async () => {
    const lax = defineSchema({ things: defineTable({ name: v.string() }) }, { schemaValidation: false });
    const anything = { any: [1, "x"] } as never;
    for (const t of [convexTest({ modules }), convexTest(undefined, modules)]) {
      await t.run((ctx) => ctx.db.insert("things", anything));
      const found: unknown[] = await t.query((ctx) => ctx.db.query("things").collect());
      expect(found).toMatchObject([anything]);
    }
    const t = convexTest({ schema: lax, modules });
    await t.run((ctx) => ctx.db.insert("things", anything));
  });

  test("a schema that Convex would refuse is refused immediately", () => {
    const bad = defineSchema({ "not-a-name": defineTable({}) });
    expect(() => convexTest(bad, modules)).toThrow("Table names must be valid identifiers");
    const index = defineSchema({ things: defineTable({ name: v.string() }).index("by-name", ["name"]) });
    expect(() => convexTest(index, modules)).toThrow("Index names must be valid identifiers");
    expect(() => convexTest(undefined, {})).toThrow("_generated");
  });

  test("the commit timestamp is resolved when the mutation has returned", async () => {
    const things = defineTable({ at: v.commitTs() });
    const t = convexTest(defineSchema({ things }), modules);
    const { id, at } = await t.mutation(async (ctx) => {
      const id = await ctx.db.insert("things", { at: ctx.db.vars.commitTs });
      return { id, at: [ctx.db.vars.commitTs] };
    });
    expect(typeof at[0]).toBe("bigint");
    expect(await t.query((ctx) => ctx.db.get("things", id))).toMatchObject({ at: at[0] });
  });

  test("creation times increase, and ids encode their table", async () => {
    const things = defineTable({ name: v.string() });
    const t = convexTest(defineSchema({ things, others: things }), modules);
    const [id, ...times] = await t.run(async (ctx) => {
      const id = await ctx.db.insert("things", { name: "a" });
      await ctx.db.insert("things", { name: "b" });
      const documents = await ctx.db.query("things").collect();
      return [id, ...documents.map(({ _creationTime }) => _creationTime)] as const;
    });
    expect(times[1]).toBeGreaterThan(times[0] ?? Infinity);
    const normalized = await t.query((ctx) =>
      Promise.resolve([ctx.db.normalizeId("things", id), ctx.db.normalizeId("others", id)]),
    );
    expect(normalized).toEqual([id, null]);
  });
});
