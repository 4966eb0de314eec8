import { anyApi, mutationGeneric, type FunctionReference } from "convex/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { api } from "../../fixtures/harness/convex/references.lib";
import schema from "../../fixtures/harness/convex/schema";
import { BOTH, modules, start } from "./harnessForTests";
import { convexTest as harness } from "./index";

type T = ReturnType<typeof start>;

const ownTest = anyApi["own.test"] as unknown as { later: FunctionReference<"mutation"> };

const states = (t: T): Promise<string[]> =>
  t.run(async (ctx) => {
    const jobs = await ctx.db.system.query("_scheduled_functions").collect();
    return jobs.map(({ state }) => state.kind);
  });

const failures = vi.spyOn(console, "error");

beforeEach(() => {
  failures.mockReset();
});

afterEach(() => {
  vi.useRealTimers();
});

describe.each(BOTH)("under fake timers, on %s", (_name, convexTest) => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  test.each(["sendLater", "sendLaterFromAction"] as const)(
    "%s: no function runs before it is due",
    async (name) => {
      const t = start(convexTest);
      const kind = name === "sendLater" ? "mutation" : "action";
      await (t as unknown as Record<string, (...args: unknown[]) => unknown>)[kind]?.(api.scheduling[name], {
        body: "later",
        delay: 10_000,
      });
      expect(await states(t)).toEqual(["pending"]);
      vi.advanceTimersByTime(9_999);
      await t.finishInProgressScheduledFunctions();
      expect(await states(t)).toEqual(["pending"]);
      vi.advanceTimersByTime(1);
      await t.finishInProgressScheduledFunctions();
      expect(await states(t)).toEqual(["success"]);
      expect(await t.query(api.messages.bodies)).toEqual(["later"]);
    },
  );

  test("a function scheduled with no delay also waits for the timers", async () => {
    const t = start(convexTest);
    await t.mutation(api.scheduling.sendLater, { body: "at once", delay: 0 });
    await t.finishInProgressScheduledFunctions();
    expect(await states(t)).toEqual(["pending"]);
    vi.runAllTimers();
    await t.finishInProgressScheduledFunctions();
    expect(await states(t)).toEqual(["success"]);
  });

  test("a job's document has its function, arguments and time", async () => {
    const t = start(convexTest);
    const id = await t.mutation(api.scheduling.sendLater, { body: "later", delay: 5_000 });
    const job = await t.run((ctx) => ctx.db.system.get("_scheduled_functions", id));
    expect(job).toMatchObject({
      name: "messages:send",
      args: [{ author: "timer", body: "later" }],
      scheduledTime: Date.now() + 5_000,
    });
  });

  test("a canceled function does not run", async () => {
    const t = start(convexTest);
    const id = await t.mutation(api.scheduling.sendLater, { body: "never", delay: 1_000 });
    await t.mutation(api.scheduling.cancel, { id });
    expect(await states(t)).toEqual(["canceled"]);
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    expect(await t.query(api.messages.bodies)).toEqual([]);
  });

  test("a function that a test file exports can be scheduled", async () => {
    let ran = 0;
    const later = mutationGeneric({ args: {}, handler: () => (ran += 1) });
    const file = "../../fixtures/harness/convex/own.test.ts";
    const t = convexTest(schema, { ...modules, [file]: () => Promise.resolve({ later }) });
    await t.run((ctx) => ctx.scheduler.runAfter(0, ownTest.later, {}));
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    expect(ran).toBe(1);
  });

  test("a mutation schedules functions only if it commits", async () => {
    const t = start(convexTest);
    const failing = t.mutation(async (ctx) => {
      await ctx.scheduler.runAfter(0, api.messages.send, { author: "timer", body: "never" });
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    expect(await states(t)).toEqual([]);
    expect(await t.query(api.messages.bodies)).toEqual([]);
  });

  test("a function that fails is marked as failed, and the failure is printed", async () => {
    const t = start(convexTest);
    failures.mockImplementation(() => undefined);
    await t.mutation(api.scheduling.failLater);
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    expect(await states(t)).toEqual(["failed"]);
    expect(failures).toHaveBeenCalledOnce();
    expect(failures.mock.calls.join()).toContain("on purpose");
  });

  test("all scheduled functions run, including functions that they schedule", async () => {
    const t = start(convexTest);
    await t.mutation(api.scheduling.countDown, { from: 5 });
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    expect(await t.query(api.messages.bodies)).toEqual(["5", "4", "3", "2", "1", "0"]);
  });

  test("an action may wait for timers that the test advances", async () => {
    const t = start(convexTest);
    await t.mutation(api.scheduling.sleepLater, { ms: 60_000 });
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    expect(await t.query(api.messages.bodies)).toEqual(["slept"]);
  });

  test("only due functions run", async () => {
    const t = start(convexTest);
    await t.mutation(api.scheduling.sendLater, { body: "second", delay: 60_000 });
    await t.mutation(api.scheduling.sendLater, { body: "first", delay: 1_000 });
    vi.advanceTimersByTime(1_000);
    await t.finishInProgressScheduledFunctions();
    expect(await t.query(api.messages.bodies)).toEqual(["first"]);
    vi.advanceTimersByTime(59_000);
    await t.finishInProgressScheduledFunctions();
    expect(await t.query(api.messages.bodies)).toEqual(["first", "second"]);
  });

  test("a scheduled function has no identity", async () => {
    const t = start(convexTest);
    await t.withIdentity({ subject: "ada" }).mutation(async (ctx) => {
      await ctx.scheduler.runAfter(0, api.nested.sendAuthor, {});
    });
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    expect(await t.query(api.messages.bodies)).toEqual(["nobody"]);
  });
});

test("a job more than 24 days ahead runs on time, although a single timer cannot wait that long", async () => {
  vi.useFakeTimers();
  const t = start(harness);
  const days = 24 * 60 * 60 * 1_000;
  await t.mutation(api.scheduling.sendLater, { body: "in 60 days", delay: 60 * days });
  vi.advanceTimersByTime(59 * days);
  await t.finishInProgressScheduledFunctions();
  expect(await states(t)).toEqual(["pending"]);
  vi.advanceTimersByTime(days);
  await t.finishInProgressScheduledFunctions();
  expect(await t.query(api.messages.bodies)).toEqual(["in 60 days"]);
});
