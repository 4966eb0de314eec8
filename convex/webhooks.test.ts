/** Webhooks at the level of functions: documents and scheduled functions of earlier versions, and published signatures. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { convexTest } from "convex-test";
import { makeFunctionReference } from "convex/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import { withEvent } from "./http/testing/storedEvents.testing";
import { failureOf } from "./lib/failure.lib";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Returns a reference to a function by a former path, which the generated types do not contain. */
const former = (path: string) => makeFunctionReference<"mutation", Record<string, unknown>>(path);

// The second format is that of version 0.2.0.
test.each(["clerk", "clerkEvents:handle"])(
  "an event that stores the handler %s is processed",
  async (handler) => {
    const { processed } = await withEvent({ source: "clerk", handler });
    expect(await processed()).toMatchObject({ status: "success", handled: false });
  },
);

test("an event that stores the path of a function outside the handler table is processed", async () => {
  const { processed } = await withEvent({ source: "other", handler: "webhooks/clerkEffects:handle" });
  expect(await processed()).toMatchObject({ status: "success", handled: false });
});

test.each(["acme", "constructor"])(
  "an event whose handler %s is not in the table is retried",
  async (key) => {
    const { processed } = await withEvent({ source: "clerk", handler: key });
    expect(await processed()).toMatchObject({
      ...{ status: "pending", error: `No handler has the key ${key}` },
    });
  },
);

test("an attempt that was scheduled as webhookProcessing:process runs", async () => {
  const { t, id, event } = await withEvent({ source: "clerk", handler: "clerkEvents:handle" });
  await t.run((ctx) => ctx.scheduler.runAfter(0, former("webhookProcessing:process"), { id, attempts: 1 }));
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await event()).toMatchObject({ status: "success" });
});

test.each(["attempt", "sweep"])("a retry that was scheduled as webhookProcessing:%s runs", async (name) => {
  const { t, id, event } = await withEvent({ source: "clerk", handler: "clerkEvents:handle" });
  vi.advanceTimersByTime(61_000);
  const args = name === "attempt" ? { id, after: 1 } : {};
  await t.run((ctx) => ctx.scheduler.runAfter(0, former(`webhookProcessing:${name}`), args));
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await event()).toMatchObject({ status: "success", attempts: 2 });
});

test("a long payload that was scheduled as webhookProcessing:processStored is processed", async () => {
  const { t, id, event } = await withEvent({ source: "clerk", handler: "clerkEvents:handle" });
  const storageId = await t.action((ctx) => ctx.storage.store(new Blob(["{}"])));
  await t.run(async (ctx) => {
    await ctx.db.patch("webhookEvents", id, { payload: { storageId } });
    const args = { id, attempts: 1, storageId };
    const action = makeFunctionReference<"action", Record<string, unknown>>(
      "webhookProcessing:processStored",
    );
    await ctx.scheduler.runAfter(0, action, args);
  });
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await event()).toMatchObject({ status: "success" });
});

test("an event whose stored payload is missing is retried, and shows why", async () => {
  const { t, id, event } = await withEvent({ source: "clerk", handler: "clerk" });
  const storageId = await t.action((ctx) => ctx.storage.store(new Blob(["{}"])));
  await t.run(async (ctx) => {
    await ctx.db.patch("webhookEvents", id, { payload: { storageId } });
    await ctx.storage.delete(storageId);
  });
  await t.action(internal.webhooks.process.processStored, { id, attempts: 1, storageId });
  expect(await event()).toMatchObject({ status: "pending", error: "The stored payload was not found" });
});

describe("the published vector of Svix and Standard Webhooks", () => {
  /** The test file of Svix's own package, which it publishes with its sources. */
  const published = readFileSync(
    join(import.meta.dirname, "../node_modules/svix/src/webhook.test.ts"),
    "utf8",
  );
  const vector = {
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    svixId: "msg_p5jXN8AQM9LWM0D4loKWxJek",
    svixTimestamp: "1614265330",
    body: '{"test": 2432232314}',
    svixSignature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  };
  const received = async (setting: string, changed: Partial<typeof vector> = {}, seconds = 0) => {
    const { secret, ...args } = { ...vector, ...changed };
    vi.stubEnv(setting, secret);
    vi.setSystemTime((Number(vector.svixTimestamp) + seconds) * 1000);
    const t = convexTest(schema, modules);
    return t.action(internal.clerk.verifyAndProcess, args).then(
      () => undefined,
      (error: unknown) => failureOf(error),
    );
  };
  afterEach(() => vi.unstubAllEnvs());

  test("is in the installed package", () => {
    for (const value of Object.values(vector)) expect(published).toContain(value.replace("whsec_", ""));
  });

  // The vector's body lacks a type. It is refused for this reason, but only after its signature has verified.
  const VERIFIED = { code: "invalid_request", detail: "type: must be a string" };
  const NO_MATCH = { code: "webhook_rejected", reason: "no secret matched: 1 tried" };

  test.each(["CLERK_WEBHOOK_SECRET", "CLERK_WEBHOOK_SIGNING_SECRET"])("verifies with %s", async (setting) => {
    expect(await received(setting)).toMatchObject(VERIFIED);
    const several = { svixSignature: `v1,${btoa("x".repeat(32))} v2,aaaa ${vector.svixSignature}` };
    expect(await received(setting, several)).toMatchObject(VERIFIED);
  });

  test.each([
    ["another id", { svixId: "msg_p5jXN8AQM9LWM0D4loKWxJel" }, NO_MATCH],
    ["another time", { svixTimestamp: "1614265331" }, NO_MATCH],
    ["another body", { body: '{"test": 2432232315}' }, NO_MATCH],
    ["another secret", { secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx" }, NO_MATCH],
    [
      "another version",
      { svixSignature: vector.svixSignature.replace("v1,", "v2,") },
      { code: "webhook_rejected", reason: "malformed signature: the header has no v1 signature" },
    ],
  ])("does not verify with %s", async (_change, changed, failure) => {
    expect(await received("CLERK_WEBHOOK_SECRET", changed)).toMatchObject(failure);
  });

  test("verifies only within the tolerance of five minutes", async () => {
    for (const seconds of [-300, 300])
      expect(await received("CLERK_WEBHOOK_SECRET", {}, seconds)).toMatchObject(VERIFIED);
    expect(await received("CLERK_WEBHOOK_SECRET", {}, 301)).toMatchObject({
      code: "webhook_rejected",
      reason: "stale: signed 301 s ago, more than 300 s",
    });
    expect(await received("CLERK_WEBHOOK_SECRET", {}, -301)).toMatchObject({ code: "webhook_rejected" });
  });
});

test("a purge that was scheduled as webhookEvents:purge runs", async () => {
  const { t, id, event } = await withEvent({ source: "clerk", handler: "clerk" });
  await t.run((ctx) => ctx.db.patch("webhookEvents", id, { purgeAt: Date.now() }));
  vi.advanceTimersByTime(1);
  await t.run((ctx) => ctx.scheduler.runAfter(0, former("webhookEvents:purge"), {}));
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await event()).not.toHaveProperty("payload");
});
