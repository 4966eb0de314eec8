import rateLimiterTest from "@convex-dev/rate-limiter/test";
import { RateLimiter } from "@convex-dev/rate-limiter";
import type { FunctionHandle } from "convex/server";
import { componentsGeneric } from "convex/server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api, components } from "../../fixtures/harness/convex/references.lib";
import { BOTH, start, startWithCounters } from "./harnessForTests";
import { convexTest as harness } from "./index";

afterEach(() => {
  vi.useRealTimers();
});

describe.each(BOTH)("on %s", (_name, convexTest) => {
  test("each mount of a component has its own tables, nested mounts included", async () => {
    const t = startWithCounters(convexTest);
    expect(await t.mutation(api.nested.count, { name: "a" })).toEqual([2, 3, 4]);
    expect(await t.mutation(api.nested.count, { name: "a" })).toEqual([4, 6, 8]);
    expect(await t.mutation(api.nested.count, { name: "b" })).toEqual([2, 3, 4]);
  });

  test("a component's writes are rolled back with its caller", async () => {
    const t = startWithCounters(convexTest);
    const failing = t.mutation(async (ctx) => {
      await ctx.runMutation(components.counter.lib.addToInner, { name: "a", amount: 1 });
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(await t.query(components.counter.lib.innerTotal, { name: "a" })).toBe(0);
  });

  test("components and the app each schedule their own functions", async () => {
    vi.useFakeTimers();
    const t = startWithCounters(convexTest);
    await t.mutation(api.scheduling.countLater);
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    expect(await t.query(components.counter.lib.total, { name: "later" })).toBe(1);
    expect(await t.query(components.other.lib.total, { name: "later" })).toBe(2);
  });

  test("a handle calls a component's function from anywhere", async () => {
    const t = startWithCounters(convexTest);
    const handle = (await t.query(components.other.lib.handle)) as FunctionHandle<
      "mutation",
      { name: string; amount: number }
    >;
    await t.mutation((ctx) => ctx.runMutation(handle, { name: "a", amount: 5 }));
    expect(await t.query(components.other.lib.total, { name: "a" })).toBe(5);
    expect(await t.query(components.counter.lib.total, { name: "a" })).toBe(0);
  });

  test("a call to an unregistered component fails with instructions", async () => {
    const t = start(convexTest);
    await expect(t.mutation(api.nested.count, { name: "a" })).rejects.toThrow("t.registerComponent");
  });

  test("the rate limiter's own helper registers it with its nested component", async () => {
    vi.useFakeTimers({ now: 1_700_000_000_000 });
    const t = start(convexTest);
    rateLimiterTest.register(t);
    const component = componentsGeneric()["rateLimiter"] as unknown as ConstructorParameters<
      typeof RateLimiter
    >[0];
    const limiter = new RateLimiter(component, {
      sends: { kind: "token bucket", rate: 2, period: 60_000, capacity: 2 },
    });
    const send = () => t.mutation((ctx) => limiter.limit(ctx, "sends", { key: "ada" }));
    expect([await send(), await send(), await send()]).toMatchObject([
      { ok: true },
      { ok: true },
      { ok: false, retryAfter: 30_000 },
    ]);
    vi.advanceTimersByTime(30_000);
    expect(await send()).toMatchObject({ ok: true });
    await t.mutation((ctx) => limiter.reset(ctx, "sends", { key: "ada" }));
    expect([await send(), await send()]).toMatchObject([{ ok: true }, { ok: true }]);
  });
});

test("a failed call within a component is rolled back alone, also under Promise.all", async () => {
  const t = startWithCounters(harness);
  await t.mutation(async (ctx) => {
    const add = (amount: number) => ctx.runMutation(components.counter.lib.add, { name: "a", amount });
    await Promise.allSettled([add(1), add("two" as unknown as number), add(3)]);
  });
  expect(await t.query(components.counter.lib.total, { name: "a" })).toBe(4);
});
