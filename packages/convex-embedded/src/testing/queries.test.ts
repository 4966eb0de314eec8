import type { GenericDataModel, GenericQueryCtx } from "convex/server";
import { convexTest as mock } from "convex-test";
import { expect, test } from "vitest";
import type { ConvexTest } from "./harnessForTests";
import { start } from "./harnessForTests";
import { convexTest } from "./index";

type Db = GenericQueryCtx<GenericDataModel>["db"];
/** What the types keep well-meaning code from. */
type Loose = Record<string, (...args: unknown[]) => Loose> & PromiseLike<unknown>;

const table = (db: Db): Loose => db.query("messages") as unknown as Loose;
const ofAda = (db: Db): Loose =>
  db.query("messages").withIndex("by_author", (q) => q.eq("author", "ada")) as unknown as Loose;

/** Two calls on one query. */
const twice =
  (first: string, second: string, ...args: unknown[]) =>
  async (db: Db): Promise<unknown> => {
    const query = ofAda(db);
    await query[first]?.(...args);
    return query[second]?.(...args);
  };

const CASES: Record<string, (db: Db) => unknown> = {
  "the documents of an index, in order": (db) => ofAda(db)["order"]?.("desc")["collect"]?.(),
  "the first of a table": (db) => table(db)["first"]?.(),
  "none of them": (db) => table(db)["take"]?.(0),
  "more than there are": (db) => table(db)["take"]?.(100),
  "one of several that should be unique": (db) => ofAda(db)["unique"]?.(),
  "one that is unique": (db) =>
    db
      .query("messages")
      .withIndex("by_author", (q) => q.eq("author", "bob"))
      .unique(),
  "one of none": (db) =>
    db
      .query("messages")
      .withIndex("by_author", (q) => q.gt("author", "x"))
      .unique(),
  "a range with two ends": (db) =>
    db
      .query("messages")
      .withIndex("by_author", (q) => q.gte("author", "ada").lt("author", "bob"))
      .collect(),
  "a table that is asked twice": async (db) => {
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
  "order, then what was ordered": (db) => {
    const query = ofAda(db);
    query["order"]?.("asc");
    return query["collect"]?.();
  },
  "a number that is none": (db) => table(db)["take"]?.("many"),
  "a negative number": (db) => table(db)["take"]?.(-1),
  "half a document": (db) => table(db)["take"]?.(1.5),
  "no number": (db) => table(db)["take"]?.(),
  "no index": (db) => table(db)["withIndex"]?.(),
  "a range that is used twice": (db) =>
    db.query("messages").withIndex("by_author", (q) => {
      q.eq("author", "ada");
      return q.eq("author", "ada");
    }),
  "a bound that is no value": (db) =>
    db.query("messages").withIndex("by_author", (q) => q.eq("author", new Date(0) as never)),
  "a bound that is missing": (db) =>
    db
      .query("messages")
      .withIndex("by_author", (q) => q.eq("author", undefined as never))
      .collect(),
};

/** What a call on a table of three messages gives or throws, ids and times left out. */
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
