/** The figures of the app for `GET /metrics`. */
import { convexTest } from "convex-test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

async function deployment() {
  const t = convexTest(schema, modules);
  const { result } = await t.mutation(internal.users.register, { name: "ada", email: "ada@example.com" });
  const figures = async () => {
    const read = await t.query(internal.metrics.read, {});
    return Object.fromEntries(read.map(({ name, value }) => [name, value]));
  };
  return { t, ownerId: result._id, figures };
}

test("all figures are 0 while nothing waits", async () => {
  const { figures } = await deployment();
  expect(await figures()).toEqual({
    webhooks_pending: 0,
    webhooks_oldest_pending_seconds: 0,
    jobs_queued: 0,
    jobs_oldest_queued_seconds: 0,
    deliveries_pending: 0,
    events_oldest_waiting_seconds: 0,
  });
});

test("pending webhooks, queued jobs and waiting events are counted, and the oldest has an age", async () => {
  const { t, ownerId, figures } = await deployment();
  const event = {
    source: "clerk",
    eventType: "user.created",
    eventTime: 0,
    handler: "clerk",
    attempts: 1,
    revision: 1,
  };
  const add = (status: "pending" | "success", jobStatus: "queued" | "running", n: number) =>
    t.run(async (ctx) => {
      await ctx.db.insert("webhookEvents", { ...event, eventId: `${status}${n}`, status });
      await ctx.db.insert("jobs", { ownerId, status: jobStatus, revision: 1 });
    });
  await add("success", "running", 0);
  vi.advanceTimersByTime(3_600_000);
  await add("pending", "queued", 1);
  const time = Date.now();
  await t.run((ctx) =>
    ctx.db.insert("outgoingEvents", {
      type: "key.created",
      time,
      data: "{}",
      dueAt: time + 1,
      purgeAt: time,
    }),
  );
  vi.advanceTimersByTime(60_000);
  await add("pending", "queued", 2);
  vi.advanceTimersByTime(30_000);
  const all = await figures();
  expect(all).toMatchObject({ webhooks_pending: 2, jobs_queued: 2, events_oldest_waiting_seconds: 90 });
  // Creation times have fractions of a millisecond.
  expect(all["webhooks_oldest_pending_seconds"]).toBeCloseTo(90, 1);
  expect(all["jobs_oldest_queued_seconds"]).toBeCloseTo(90, 1);
});

test("counts are bounded", async () => {
  const { t, ownerId, figures } = await deployment();
  await t.run(async (ctx) => {
    for (let i = 0; i < 60; i++) await ctx.db.insert("jobs", { ownerId, status: "queued", revision: 1 });
  });
  expect(await figures()).toMatchObject({ jobs_queued: 50 });
});

test("pending deliveries are those of all queues, whether they run, wait for a turn or wait for a retry", async () => {
  const { t, ownerId, figures } = await deployment();
  await t.run(async (ctx) => {
    const endpoint = { ownerId, url: "https://a.example", events: ["*"], enabled: true, deployment: false };
    const sender = async (
      state: "idle" | "waiting" | "running",
      slow: boolean,
      pending: number,
      dueAt?: number,
    ) => {
      const endpointId = await ctx.db.insert("webhookEndpoints", { ...endpoint, secrets: [], revision: 1 });
      const times = dueAt === undefined ? {} : { dueAt };
      await ctx.db.insert("webhookSenders", {
        endpointId,
        state,
        slow,
        pending,
        failures: 0,
        ...times,
      });
    };
    await sender("running", false, 1, 5);
    await sender("running", true, 20, 5);
    await sender("waiting", false, 300, 5);
    await sender("idle", true, 4_000, 5);
    await sender("idle", false, 0);
  });
  expect(await figures()).toMatchObject({ deliveries_pending: 4_321 });
});
