import { convexTest } from "convex-test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Creates users whose `emailKey` comes from `toLowerCase`, as in earlier versions. */
async function oldUsers(emails: readonly string[]) {
  const t = convexTest(schema, modules);
  await t.run(async (ctx) => {
    const user = { name: "N", scopes: [], revision: 1 };
    for (const email of emails)
      await ctx.db.insert("users", { ...user, email, emailKey: email.toLowerCase() });
  });
  const users = () => t.run((ctx) => ctx.db.query("users").collect());
  const keys = async () => (await users()).map(({ emailKey }) => emailKey);
  return { t, users, keys };
}

test("the migration rewrites wrong keys in batches, and keeps right keys", async () => {
  const emails = Array.from({ length: 450 }, (_, i) =>
    i % 2 === 0 ? `\u212a${i}@X.example` : `K${i}@x.example`,
  );
  const { t, users, keys } = await oldUsers(emails);
  expect(await t.mutation(internal.migrations.foldEmails, {})).toBeNull();
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await keys()).toEqual(emails.map((email) => email.replace("X", "x").replace("K", "k")));
  expect(new Set((await users()).map(({ revision }) => revision))).toEqual(new Set([1]));
  const doneAt = await t.mutation(internal.migrations.foldEmails, {});
  expect(doneAt).toBeTypeOf("number");
  vi.advanceTimersByTime(1);
  expect(await t.mutation(internal.migrations.foldEmails, {})).toBe(doneAt);
});

test("the migration resumes after a crash, and two concurrent runs complete it", async () => {
  const emails = Array.from({ length: 450 }, (_, i) => `\u212a${i}@x.example`);
  const { t, keys } = await oldUsers(emails);
  const left = async () => (await keys()).filter((key) => key.startsWith("k")).length;
  await t.mutation(internal.migrations.foldEmails, {});
  expect(await left()).toBe(250);
  // A crash loses the scheduled batch.
  await t.run(async (ctx) => {
    for (const { _id } of await ctx.db.system.query("_scheduled_functions").collect())
      await ctx.scheduler.cancel(_id);
  });
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await left()).toBe(250);
  await Promise.all([
    t.mutation(internal.migrations.foldEmails, {}),
    t.mutation(internal.migrations.foldEmails, {}),
  ]);
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await keys()).toEqual(emails);
});

test("before the migration, each user is found by only their own email", async () => {
  const { t, users } = await oldUsers(["\u212aate@example.com", "\u00c4da@example.com"]);
  const [kelvin, umlaut] = await users();
  const register = (email: string) => t.mutation(internal.users.register, { name: "N", email });
  const { result: kate } = await register("kate@example.com");
  expect(kate._id).not.toBe(kelvin?._id);
  await expect(register("Kate@example.com")).rejects.toThrow("belongs to another user");
  const scopes = async (email: string) =>
    (await t.mutation(internal.users.setScopes, { email, scopes: ["jobs:read"] }))._id;
  expect(await scopes("KATE@example.com")).toBe(kate._id);
  expect(await scopes("\u212aATE@example.com")).toBe(kelvin?._id);
  expect(await scopes("\u00c4DA@example.com")).toBe(umlaut?._id);
  await expect(scopes("\u00e4da@example.com")).rejects.toThrow("No user");
  await t.mutation(internal.migrations.foldEmails, {});
  expect(await scopes("kate@example.com")).toBe(kate._id);
  expect(await scopes("\u212aate@example.com")).toBe(kelvin?._id);
});

/** Creates keys as earlier versions stored them. Two thirds are revoked, in another order than they were created, and not marked. */
async function oldKeys(count: number) {
  const t = convexTest(schema, modules);
  const ownerId = await t.run(async (ctx) => {
    const user = { email: "a@x.example", emailKey: "a@x.example", name: "N", scopes: [], revision: 1 };
    const userId = await ctx.db.insert("users", user);
    const key = { userId, publicId: "p", scopes: [], createdAt: 0 };
    for (let n = 0; n < count; n++) {
      const revoked = n % 3 === 0 ? {} : { revokedAt: 1_000_000 - n };
      await ctx.db.insert("apiKeys", { ...key, name: `key ${n}`, hash: `hash ${n}`, ...revoked });
    }
    return userId;
  });
  return { t, ownerId };
}

test("revoked keys are listed by their creation, before, during and after they are marked", async () => {
  const { t, ownerId } = await oldKeys(300);
  const walk = async (status: "active" | "revoked", order: "asc" | "desc") => {
    const names: string[] = [];
    let after: { time: number; id: string } | undefined;
    do {
      const page = { limit: 100, order, ...(after && { after }) };
      const { docs, next } = await t.query(internal.apiKeys.list, { ownerId, status, ...page });
      names.push(...docs.map(({ name }) => name));
      after = next;
    } while (after);
    return names;
  };
  const named = (isRevoked: boolean) =>
    Array.from({ length: 300 }, (_, n) => n)
      .filter((n) => (n % 3 !== 0) === isRevoked)
      .map((n) => `key ${n}`);
  const check = async () => {
    expect(await walk("revoked", "asc")).toEqual(named(true));
    expect(await walk("revoked", "desc")).toEqual(named(true).reverse());
    expect(await walk("active", "asc")).toEqual(named(false));
  };
  await check();
  expect(await t.mutation(internal.migrations.markRevokedKeys, {})).toBeNull();
  await check();
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await t.mutation(internal.migrations.markRevokedKeys, {})).toBeTypeOf("number");
  await check();
});
