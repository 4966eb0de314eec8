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

/** A key, except for its owner and its hash. Its owner may grant its scope. */
const KEY = { name: "partner", publicId: "", scopes: ["keys:read"] };

/** A deployment with an owner who has created keys before there were quotas. */
async function deployment(keys: number) {
  vi.stubEnv("QUOTA_KEYS", "1000");
  const t = convexTest(schema, modules);
  const { result } = await t.mutation(internal.users.register, { name: "ada", email: "ada@example.com" });
  const ownerId = result._id;
  const ids = await t.run(async (ctx) => {
    const made: Id<"apiKeys">[] = [];
    for (let n = 0; n < keys; n++)
      made.push(await ctx.db.insert("apiKeys", { ...KEY, userId: ownerId, hash: `${n}`, createdAt: 0 }));
    return made;
  });
  // Later inserts have a later creation time.
  vi.advanceTimersByTime(1);
  const caller = { userId: ownerId, scopes: ["*"], credential: `user:${ownerId}` };
  const create = async () =>
    (await t.mutation(internal.apiKeys.create, { caller, ...KEY, hash: "new" })).result._id;
  const revoke = (keyId: Id<"apiKeys">) => t.mutation(internal.apiKeys.revoke, { caller, keyId });
  const usage = () => t.run((ctx) => ctx.db.query("usage").collect());
  const counted = async () => (await usage()).map(({ count, counting }) => [count, counting === undefined]);
  const finish = () => t.finishAllScheduledFunctions(vi.runAllTimers);
  return { t, ownerId, ids, create, revoke, usage, counted, finish };
}

test("the keys of an owner from before the quotas are counted by the first insert, and in batches after it", async () => {
  const { create, counted, finish } = await deployment(450);
  await create();
  expect(await counted()).toEqual([[201, false]]);
  await finish();
  expect(await counted()).toEqual([[451, true]]);
});

test("inserts and revocations during the counting are counted once", async () => {
  const { create, revoke, ids, counted, finish } = await deployment(450);
  const added = await create();
  // The newest one is already counted, the oldest one is not.
  for (const id of [ids.at(-1), ids[0], added]) if (id) await revoke(id);
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
  const { create, revoke, ids, counted, usage } = await deployment(3);
  await create();
  expect(await counted()).toEqual([[4, true]]);
  vi.stubEnv("QUOTA_KEYS", "0");
  await create();
  expect(await usage()).toEqual([]);
  if (ids[0]) await revoke(ids[0]);
  vi.stubEnv("QUOTA_KEYS", "1000");
  await create();
  expect(await counted()).toEqual([[5, true]]);
});

test("an owner who stores more than a new limit keeps it, and can add nothing", async () => {
  const { t, ownerId, create } = await deployment(5);
  vi.stubEnv("QUOTA_KEYS", "3");
  await expect(create()).rejects.toThrow("An owner has at most 3 keys");
  expect(await t.run((ctx) => ctx.db.query("apiKeys").collect())).toHaveLength(5);
  await expect(t.query(internal.apiKeys.list, { ownerId, limit: 10 })).resolves.toMatchObject({});
});
