/** Webhook events and scheduled functions that earlier versions stored under former function paths. */
import { convexTest } from "convex-test";
import { makeFunctionReference } from "convex/server";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Inserts one pending event before its first attempt. */
async function withEvent(stored: { source: string; handler: string }) {
  const t = convexTest(schema, modules);
  const id = await t.run((ctx) =>
    ctx.db.insert("webhookEvents", {
      ...{ ...stored, eventId: "evt_1", eventType: "push", eventTime: 0, payload: { text: "{}" } },
      ...{ status: "pending" as const, attempts: 1, dueAt: Date.now() + 60_000, revision: 1 },
    }),
  );
  const event = () => t.run((ctx) => ctx.db.get("webhookEvents", id));
  const processed = async () => {
    await t.mutation(internal.webhooks.process.process, { id, attempts: 1 });
    return event();
  };
  return { t, id, event, processed };
}

/** Returns a reference to a function by a former path, which the generated types do not contain. */
const former = (path: string) => makeFunctionReference<"mutation", Record<string, unknown>>(path);

test.each([
  { source: "github", handler: "github" },
  // The format of version 0.2.0.
  { source: "github", handler: "github:handle" },
  { source: "stripe", handler: "stripeEvents:handle" },
  { source: "clerk", handler: "clerkEvents:handle" },
])("an event of $source that stores the handler $handler is processed", async (stored) => {
  const { processed } = await withEvent(stored);
  expect(await processed()).toMatchObject({ status: "success", handled: stored.source === "github" });
});

test("an event that stores the path of a function outside the handler table is processed", async () => {
  const { processed } = await withEvent({ source: "stripe", handler: "webhooks/githubEffects:handle" });
  expect(await processed()).toMatchObject({ status: "success", handled: true });
});

test.each(["acme", "constructor"])(
  "an event whose handler %s is not in the table is retried",
  async (key) => {
    const { processed } = await withEvent({ source: "github", handler: key });
    expect(await processed()).toMatchObject({
      ...{ status: "pending", error: `No handler has the key ${key}` },
    });
  },
);

test("an attempt that was scheduled as webhookProcessing:process runs", async () => {
  const { t, id, event } = await withEvent({ source: "github", handler: "github:handle" });
  await t.run((ctx) => ctx.scheduler.runAfter(0, former("webhookProcessing:process"), { id, attempts: 1 }));
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await event()).toMatchObject({ status: "success" });
});

test.each(["attempt", "sweep"])("a retry that was scheduled as webhookProcessing:%s runs", async (name) => {
  const { t, id, event } = await withEvent({ source: "github", handler: "github:handle" });
  vi.advanceTimersByTime(61_000);
  const args = name === "attempt" ? { id, after: 1 } : {};
  await t.run((ctx) => ctx.scheduler.runAfter(0, former(`webhookProcessing:${name}`), args));
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await event()).toMatchObject({ status: "success", attempts: 2 });
});

test("a long payload that was scheduled as webhookProcessing:processStored is processed", async () => {
  const { t, id, event } = await withEvent({ source: "github", handler: "github:handle" });
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

test("a purge that was scheduled as webhookEvents:purge runs", async () => {
  const { t, id, event } = await withEvent({ source: "github", handler: "github" });
  await t.run((ctx) => ctx.db.patch("webhookEvents", id, { purgeAt: Date.now() }));
  vi.advanceTimersByTime(1);
  await t.run((ctx) => ctx.scheduler.runAfter(0, former("webhookEvents:purge"), {}));
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await event()).not.toHaveProperty("payload");
});
