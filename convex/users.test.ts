import { convexTest } from "convex-test";
import { afterEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

test("deleting a user deletes all keys of this user and keeps those of other users", async () => {
  vi.useFakeTimers();
  const t = convexTest(schema, modules);
  const register = async (name: string) => {
    const { result } = await t.mutation(internal.users.register, { name, email: `${name}@example.com` });
    return result._id;
  };
  const [ada, bob] = [await register("ada"), await register("bob")];
  await t.run(async (ctx) => {
    const key = { name: "ci", publicId: "", hash: "", scopes: [], createdAt: Date.now() };
    for (let i = 0; i < 1_000; i++) await ctx.db.insert("apiKeys", { ...key, userId: ada });
    await ctx.db.insert("apiKeys", { ...key, userId: bob });
  });
  await t.mutation(internal.users.erase, { userId: ada });
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  const left = await t.run((ctx) => ctx.db.query("apiKeys").collect());
  expect(left.map(({ userId }) => userId)).toEqual([bob]);
});

test("a user who is suspended during a request creates no key", async () => {
  const t = convexTest(schema, modules);
  const ada = { name: "ada", email: "ada@example.com" };
  const { result } = await t.mutation(internal.users.register, ada);
  await t.run((ctx) => ctx.db.patch("users", result._id, { scopes: ["*"], suspended: true }));
  const caller = { userId: result._id, scopes: ["*"], credential: `user:${result._id}` };
  const key = { name: "k", scopes: ["jobs:read"], publicId: "p", hash: "h" };
  await expect(t.mutation(internal.apiKeys.create, { caller, ...key })).rejects.toThrow("Invalid token");
});

/** A Convex action may run for 1,800 s. Each request is an action. */
const MAX_ACTION_MS = 1_800_000;

test("documents that a running request writes after the user's deletion are deleted too", async () => {
  vi.useFakeTimers();
  const t = convexTest(schema, modules);
  const ada = { name: "ada", email: "ada@example.com" };
  const { result } = await t.mutation(internal.users.register, ada);
  await t.mutation(internal.users.erase, { userId: result._id });
  vi.advanceTimersByTime(MAX_ACTION_MS - 1);
  await t.finishInProgressScheduledFunctions();
  await t.run((ctx) => ctx.db.insert("jobs", { ownerId: result._id, status: "succeeded", revision: 1 }));
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await t.run((ctx) => ctx.db.query("jobs").collect())).toEqual([]);
});

test.each(["https://clerk.example.test/", "clerk.example.test"])(
  "a token does not recreate a user that Clerk has deleted (issuer %s)",
  async (domain) => {
    vi.stubEnv("CLERK_JWT_ISSUER_DOMAIN", domain);
    vi.stubEnv("RATE_LIMIT_KEY_PER_MINUTE", "0");
    vi.stubEnv("RATE_LIMIT_IP_PER_MINUTE", "0");
    const t = convexTest(schema, modules);
    await t.mutation(internal.users.remove, { clerkId: "user_deleted" });
    const issuer = "https://clerk.example.test";
    const identity = (subject: string) => ({ issuer, subject, tokenIdentifier: `${issuer}|${subject}` });
    const admitted = async (subject: string) =>
      (await t.withIdentity(identity(subject)).mutation(internal.auth.admitToken, {})).caller;
    expect(await admitted("user_deleted")).toBeNull();
    expect(await admitted("user_existing")).not.toBeNull();
  },
);

test("a token of a suspended user is refused, with and without rate limits", async () => {
  vi.stubEnv("CLERK_JWT_ISSUER_DOMAIN", "https://clerk.example.test");
  const t = convexTest(schema, modules);
  const issuer = "https://clerk.example.test";
  const identity = { issuer, subject: "user_1", tokenIdentifier: `${issuer}|user_1` };
  const admitted = async () => {
    vi.stubEnv("RATE_LIMIT_KEY_PER_MINUTE", "0");
    vi.stubEnv("RATE_LIMIT_IP_PER_MINUTE", "0");
    const { caller } = await t.withIdentity(identity).mutation(internal.auth.admitToken, {});
    return [caller, await t.withIdentity(identity).query(internal.auth.validateToken, {})];
  };
  const update = (time: number, banned: boolean) =>
    t.mutation(internal.users.update, {
      ...{ clerkId: "user_1", name: "Ada", emailVerified: false, banned },
      version: { time, rank: 1, eventId: `msg_${time}` },
    });
  expect(await admitted()).not.toContain(null);
  await update(1, true);
  expect(await admitted()).toEqual([null, null]);
  await update(2, false);
  expect(await admitted()).not.toContain(null);
});
