/** The counts of what owners store: owners from before the quotas, and limits that are switched off and on. */
import { convexTest } from "convex-test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** A deployment with an owner who has stored items before there were quotas. */
async function deployment(items: number) {
  vi.stubEnv("QUOTA_ITEMS", "1000");
  const t = convexTest(schema, modules);
  const { result } = await t.mutation(internal.users.register, { name: "ada", email: "ada@example.com" });
  const ownerId = result._id;
  const ids = await t.run(async (ctx) => {
    const made: Id<"items">[] = [];
    for (let n = 0; n < items; n++)
      made.push(await ctx.db.insert("items", { ownerId, name: `${n}`, updatedAt: 0, revision: 1 }));
    return made;
  });
  // Later inserts have a later creation time.
  vi.advanceTimersByTime(1);
  const create = async () => (await t.mutation(internal.items.create, { ownerId, name: "new" })).result._id;
  const remove = (itemId: Id<"items">) => t.mutation(internal.items.remove, { ownerId, itemId });
  const usage = () => t.run((ctx) => ctx.db.query("usage").collect());
  const counted = async () => (await usage()).map(({ count, counting }) => [count, counting === undefined]);
  const finish = () => t.finishAllScheduledFunctions(vi.runAllTimers);
  return { t, ownerId, ids, create, remove, usage, counted, finish };
}

test("the items of an owner from before the quotas are counted by the first insert, and in batches after it", async () => {
  const { create, counted, finish } = await deployment(450);
  await create();
  expect(await counted()).toEqual([[201, false]]);
  await finish();
  expect(await counted()).toEqual([[451, true]]);
});

test("inserts and deletions during the counting are counted once", async () => {
  const { create, remove, ids, counted, finish } = await deployment(450);
  const added = await create();
  // The newest one is already counted, the oldest one is not.
  for (const id of [ids.at(-1), ids[0], added]) if (id) await remove(id);
  await create();
  expect(await counted()).toEqual([[200, false]]);
  await finish();
  expect(await counted()).toEqual([[449, true]]);
});

test("a counting that a failed batch ended goes on with a later insert", async () => {
  const { t, create, counted, finish } = await deployment(450);
  await create();
  await t.run(async (ctx) => {
    for (const { _id } of await ctx.db.system.query("_scheduled_functions").collect())
      await ctx.scheduler.cancel(_id);
  });
  await finish();
  expect(await counted()).toEqual([[201, false]]);
  vi.advanceTimersByTime(61_000);
  await create();
  await finish();
  expect(await counted()).toEqual([[452, true]]);
});

test("a limit that was switched off for a time counts again", async () => {
  const { create, remove, ids, counted, usage } = await deployment(3);
  await create();
  expect(await counted()).toEqual([[4, true]]);
  vi.stubEnv("QUOTA_ITEMS", "0");
  await create();
  expect(await usage()).toEqual([]);
  if (ids[0]) await remove(ids[0]);
  vi.stubEnv("QUOTA_ITEMS", "1000");
  await create();
  expect(await counted()).toEqual([[5, true]]);
});

test("an owner who stores more than a new limit keeps it, and can add nothing", async () => {
  const { t, ownerId, create } = await deployment(5);
  vi.stubEnv("QUOTA_ITEMS", "3");
  await expect(create()).rejects.toThrow("An owner has at most 3 items");
  expect(await t.run((ctx) => ctx.db.query("items").collect())).toHaveLength(5);
  await expect(t.query(internal.items.list, { ownerId, limit: 10 })).resolves.toMatchObject({});
});
