/** The deletion of documents whose retention has ended. */
import { convexTest } from "convex-test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import type { TableNames } from "./_generated/dataModel";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");
const DAY = 24 * 60 * 60 * 1000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

async function deployment() {
  const t = convexTest(schema, modules);
  const { result } = await t.mutation(internal.users.register, { name: "ada", email: "ada@example.com" });
  const count = (table: TableNames) => t.run(async (ctx) => (await ctx.db.query(table).collect()).length);
  const sweep = async () => {
    await t.mutation(internal.retention.sweep, {});
    await t.finishAllScheduledFunctions(vi.runAllTimers);
  };
  return { t, ownerId: result._id, count, sweep };
}

const key = { name: "k", publicId: "", scopes: [], createdAt: 0 };
const event = {
  source: "clerk",
  eventType: "user.created",
  eventTime: 0,
  handler: "clerk",
  attempts: 1,
  revision: 1,
};

test("ended jobs, revoked and expired keys, events without payload and audit events are deleted in batches", async () => {
  const { t, ownerId, count, sweep } = await deployment();
  const now = Date.now();
  await t.run(async (ctx) => {
    for (let n = 0; n < 250; n++) {
      const status = n % 2 ? ("succeeded" as const) : ("failed" as const);
      await ctx.db.insert("jobs", { ownerId, status, revision: 1 });
      const ended = n % 2 ? { revokedAt: now } : { expiresAt: now };
      await ctx.db.insert("apiKeys", { ...key, userId: ownerId, hash: `h${n}`, ...ended });
      await ctx.db.insert("webhookEvents", { ...event, eventId: `e${n}`, status: "success" });
      await ctx.db.insert("auditEvents", { actor: "operator", action: "key.created", target: "key:1" });
    }
  });
  vi.advanceTimersByTime(366 * DAY);
  await sweep();
  const tables = ["jobs", "apiKeys", "webhookEvents", "auditEvents"] as const;
  expect(await Promise.all(tables.map(count))).toEqual([0, 0, 0, 0]);
});

test("documents in use and younger documents stay", async () => {
  const { t, ownerId, count, sweep } = await deployment();
  const now = Date.now();
  await t.run(async (ctx) => {
    for (const status of ["queued", "running"] as const)
      await ctx.db.insert("jobs", { ownerId, status, revision: 1 });
    await ctx.db.insert("apiKeys", { ...key, userId: ownerId, hash: "works" });
    await ctx.db.insert("apiKeys", { ...key, userId: ownerId, hash: "later", expiresAt: now + 900 * DAY });
    const payload = { text: "{}" };
    const kept = { ...event, payload, purgeAt: now + 900 * DAY, status: "success" as const };
    await ctx.db.insert("webhookEvents", { ...kept, eventId: "with payload" });
    await ctx.db.insert("webhookEvents", { ...event, eventId: "pending", status: "pending" });
  });
  vi.advanceTimersByTime(366 * DAY);
  const recent = Date.now() - DAY;
  await t.run(async (ctx) => {
    await ctx.db.insert("jobs", { ownerId, status: "failed", revision: 1 });
    await ctx.db.insert("apiKeys", { ...key, userId: ownerId, hash: "revoked", revokedAt: recent });
    await ctx.db.insert("apiKeys", { ...key, userId: ownerId, hash: "expired", expiresAt: recent });
    await ctx.db.insert("webhookEvents", { ...event, eventId: "recent", status: "success" });
    await ctx.db.insert("auditEvents", { actor: "operator", action: "key.created", target: "key:1" });
  });
  await sweep();
  const tables = ["jobs", "apiKeys", "webhookEvents", "auditEvents"] as const;
  expect(await Promise.all(tables.map(count))).toEqual([3, 4, 3, 1]);
});

test("a pending event does not keep the batches after it waiting", async () => {
  const { t, count, sweep } = await deployment();
  await t.run(async (ctx) => {
    for (let n = 0; n < 450; n++) {
      const status = n === 0 ? ("pending" as const) : ("success" as const);
      await ctx.db.insert("webhookEvents", { ...event, eventId: `e${n}`, status });
    }
  });
  vi.advanceTimersByTime(366 * DAY);
  await sweep();
  expect(await count("webhookEvents")).toBe(1);
});

test("0 days keep everything", async () => {
  for (const name of ["JOB", "KEY", "WEBHOOK_LOG", "AUDIT"]) vi.stubEnv(`${name}_RETENTION_DAYS`, "0");
  const { t, ownerId, count, sweep } = await deployment();
  await t.run((ctx) => ctx.db.insert("jobs", { ownerId, status: "failed", revision: 1 }));
  vi.advanceTimersByTime(10_000 * DAY);
  await sweep();
  expect(await count("jobs")).toBe(1);
});

test("an expired key that is deleted gives its place in the quota back", async () => {
  const { t, ownerId, sweep } = await deployment();
  vi.stubEnv("QUOTA_KEYS", "1");
  const caller = { userId: ownerId, scopes: ["*"], credential: `user:${ownerId}` };
  await t.run((ctx) => ctx.db.patch("users", ownerId, { scopes: ["*"] }));
  const create = (hash: string) =>
    t.mutation(internal.apiKeys.create, {
      ...{ caller, name: "k", scopes: ["jobs:read"], publicId: "", hash },
      expiresAt: Date.now() + DAY,
    });
  await create("first");
  await expect(create("second")).rejects.toThrow("An owner has at most 1 keys");
  vi.advanceTimersByTime(92 * DAY);
  await sweep();
  await create("second");
});

test("buckets of rate limits that are full again are deleted in batches, and those in use stay", async () => {
  const { t, count } = await deployment();
  const bucket = (n: number) => ({ policy: "address", key: `a${n}`, tokens: 0, updatedAt: Date.now() });
  await t.run(async (ctx) => {
    for (let n = 0; n < 2_100; n++) await ctx.db.insert("rateLimitBuckets", bucket(n));
  });
  vi.advanceTimersByTime(59_000);
  await t.run((ctx) => ctx.db.insert("rateLimitBuckets", bucket(2_100)));
  await t.mutation(internal.rateLimits.purge, {});
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await count("rateLimitBuckets")).toBe(2_101);

  vi.advanceTimersByTime(1_000);
  await t.mutation(internal.rateLimits.purge, {});
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await count("rateLimitBuckets")).toBe(1);
});
