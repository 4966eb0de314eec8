import type { GenericDataModel, GenericQueryCtx } from "convex/server";
import { convexTest as mock } from "convex-test";
import { expect, test } from "vitest";
import type { ConvexTest } from "./harnessForTests";
import { start } from "./harnessForTests";
import { convexTest } from "./index";

type Db = GenericQueryCtx<GenericDataModel>["db"];
/** A loose type for calls that the real types forbid. */
type Loose = Record<string, (...args: unknown[]) => Loose> & PromiseLike<unknown>;

const table = (db: Db): Loose => db.query("messages") as unknown as Loose;
const ofAda = (db: Db): Loose =>
  db.query("messages").withIndex("by_author", (q) => q.eq("author", "ada")) as unknown as Loose;

/** Calls two methods on one query object. */
const twice =
  (first: string, second: string, ...args: unknown[]) =>
  async (db: Db): Promise<unknown> => {
    const query = ofAda(db);
    await query[first]?.(...args);
    return query[second]?.(...args);
  };

const CASES: Record<string, (db: Db) => unknown> = {
  "the documents of an index, in order": (db) => ofAda(db)["order"]?.("desc")["collect"]?.(),
  "the first document of a table": (db) => table(db)["first"]?.(),
  "take none": (db) => table(db)["take"]?.(0),
  "take more than exist": (db) => table(db)["take"]?.(100),
  "unique on several documents": (db) => ofAda(db)["unique"]?.(),
  "unique on one document": (db) =>
    db
      .query("messages")
      .withIndex("by_author", (q) => q.eq("author", "bob"))
      .unique(),
  "unique on no document": (db) =>
    db
      .query("messages")
      .withIndex("by_author", (q) => q.gt("author", "x"))
      .unique(),
  "a range with two ends": (db) =>
    db
      .query("messages")
      .withIndex("by_author", (q) => q.gte("author", "ada").lt("author", "bob"))
      .collect(),
  "two queries on one table object": async (db) => {
    const messages = table(db);
    return [await messages["collect"]?.(), await messages["first"]?.()];
  },
  "collect, twice": twice("collect", "collect"),
  "first, then collect": twice("first", "collect"),
  "collect, then first": twice("collect", "first"),
  "take, then take": twice("take", "take", 1),
  "collect, then iterate": async (db) => {
    const query = ofAda(db);
    await query["collect"]?.();
    for await (const message of query as unknown as AsyncIterable<unknown>) return message;
    return null;
  },
  "iterate, then collect": async (db) => {
    const query = ofAda(db);
    const seen: unknown[] = [];
    for await (const message of query as unknown as AsyncIterable<unknown>) seen.push(message);
    return [seen, await query["collect"]?.()];
  },
  "one by one": async (db) => {
    const query = ofAda(db);
    return [await query["next"]?.(), await query["next"]?.(), await query["next"]?.()];
  },
  "order, twice": (db) => ofAda(db)["order"]?.("asc")["order"]?.("desc"),
  "order, then the original query": (db) => {
    const query = ofAda(db);
    query["order"]?.("asc");
    return query["collect"]?.();
  },
  "take with a string": (db) => table(db)["take"]?.("many"),
  "take with a negative number": (db) => table(db)["take"]?.(-1),
  "take with a fraction": (db) => table(db)["take"]?.(1.5),
  "take without a number": (db) => table(db)["take"]?.(),
  "withIndex without a name": (db) => table(db)["withIndex"]?.(),
  "a range that is used twice": (db) =>
    db.query("messages").withIndex("by_author", (q) => {
      q.eq("author", "ada");
      return q.eq("author", "ada");
    }),
  "a bound that is not a value": (db) =>
    db.query("messages").withIndex("by_author", (q) => q.eq("author", new Date(0) as never)),
  "a bound that is missing": (db) =>
    db
      .query("messages")
      .withIndex("by_author", (q) => q.eq("author", undefined as never))
      .collect(),
};

/** Returns the result or error of a call on a table of three messages, without ids and times. */
async function outcome(convexTest: ConvexTest, name: string): Promise<unknown> {
  const t = start(convexTest);
  return t.run(async (ctx) => {
    for (const author of ["ada", "bob", "ada"]) await ctx.db.insert("messages", { author, body: author });
    try {
      return withoutIds(await CASES[name]?.(ctx.db));
    } catch (error) {
      return (error as Error).message.replaceAll(/\[[^\]]*\]/g, "[ids]");
    }
  });
}

const withoutIds = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null, (key, inner: unknown) =>
      /^_(id|creationTime)$/.test(key) ? undefined : inner,
    ),
  );

test.each(Object.keys(CASES))("%s: as on convex-test", async (name) => {
  expect(await outcome(convexTest, name)).toEqual(await outcome(mock, name));
});
