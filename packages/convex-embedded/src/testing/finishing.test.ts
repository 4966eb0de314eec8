import type { GenericId } from "convex/values";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { api } from "../../fixtures/harness/convex/references.lib";
import type { ConvexTest } from "./harnessForTests";
import { BOTH, modules, start } from "./harnessForTests";

type T = ReturnType<typeof start>;

afterEach(() => {
  vi.useRealTimers();
});

describe.each(BOTH)("under fake timers, on %s", (_name, convexTest) => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  test("endless scheduling is detected", async () => {
    const t = start(convexTest);
    await t.mutation(api.scheduling.countDown, { from: 1_000 });
    const finishing = t.finishAllScheduledFunctions(vi.runAllTimers, 5);
    await expect(finishing).rejects.toThrow("infinitely recursive scheduled functions");
  });

  test("the wait ends if the timers are replaced or advancing them throws", async () => {
    const { t, loading } = await withSlowModule(convexTest);
    const finishing = expect(t.finishAllScheduledFunctions(vi.runAllTimers)).rejects.toThrow(
      "timers were restored or replaced",
    );
    await loading;
    vi.useRealTimers();
    vi.useFakeTimers();
    await finishing;

    const { t: other } = await withSlowModule(convexTest);
    const reason = new Error("on purpose");
    let moved = 0;
    const moving = (): void => {
      if (moved++ > 0) throw reason;
      vi.runAllTimers();
    };
    await expect(other.finishAllScheduledFunctions(moving)).rejects.toBe(reason);
  });

  test("a function scheduled under real timers runs under fake ones once it is due", async () => {
    vi.useRealTimers();
    const t = start(convexTest);
    await t.mutation(api.scheduling.sendLater, { body: "now", delay: 0 });
    await t.mutation(api.scheduling.sendLater, { body: "in an hour", delay: 3_600_000 });
    vi.useFakeTimers();
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    expect(await t.query(api.messages.bodies)).toEqual(["now"]);
  });
});

describe.each(BOTH)("under real timers, on %s", (_name, convexTest) => {
  test("a scheduled function runs without further calls", async () => {
    const t = start(convexTest);
    await t.mutation(api.scheduling.sendLater, { body: "by itself", delay: 0 });
    await expect.poll(() => t.query(api.messages.bodies)).toEqual(["by itself"]);
    await t.finishInProgressScheduledFunctions();
  });
});

/** Schedules a job whose module loads only when the test allows it. */
async function withSlowModule(convexTest: ConvexTest): Promise<{ t: T; loading: Promise<void> }> {
  let begun: () => void = () => undefined;
  const loading = new Promise<void>((resolve) => (begun = resolve));
  const slow = (): Promise<never> => {
    begun();
    return new Promise<never>(() => undefined);
  };
  const messages = Object.keys(modules).find((path) => path.endsWith("/messages.ts")) ?? "";
  const t = convexTest({ modules: { ...modules, [messages]: slow } }) as unknown as T;
  await t.mutation((ctx): Promise<GenericId<"_scheduled_functions">> =>
    ctx.scheduler.runAfter(0, api.messages.send, { author: "timer", body: "never" }),
  );
  return { t, loading };
}
