import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../fixtures/harness/convex/references.lib";
import { BOTH, start } from "./harnessForTests";
import { convexTest as harness } from "./index";

const NOW = 1_700_000_000_000;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe.each(BOTH)("on %s", (_name, convexTest) => {
  test.each<[string, () => Promise<null>]>([
    ["fetch", () => fetch("data:,").then(() => null)],
    ["setTimeout", async () => Promise.resolve(setTimeout(() => undefined, 0)).then(() => null)],
    ["setInterval", async () => Promise.resolve(setInterval(() => undefined, 0)).then(() => null)],
  ])("queries and mutations have no %s", async (name, use) => {
    const t = start(convexTest);
    const words = `\`${name}\` is not supported`;
    await expect(t.query(use)).rejects.toThrow(words);
    await expect(t.mutation(use)).rejects.toThrow(words);
    await expect(t.run(use)).rejects.toThrow(words);
  });

  test("actions see the test's globals, including stubs and fakes", async () => {
    const t = start(convexTest);
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("stubbed")));
    const ask = async () => (await fetch("https://example.test")).text();
    expect(await t.action(ask)).toBe("stubbed");
    await expect(t.query(ask)).rejects.toThrow("`fetch` is not supported");
    expect(await ask()).toBe("stubbed");
    vi.unstubAllGlobals();
    vi.useFakeTimers();
    const slept = t.action(
      () => new Promise<string>((resolve) => void setTimeout(() => resolve("slept"), 60_000)),
    );
    await vi.waitFor(() => {
      expect(vi.getTimerCount()).toBe(1);
    });
    vi.advanceTimersByTime(60_000);
    expect(await slept).toBe("slept");
  });

  test("functions see a stub until it is restored, and a read-only stub stays read-only", async () => {
    const original = structuredClone;
    const t = start(convexTest);
    for (const text of ["first", "second"]) {
      vi.stubGlobal("structuredClone", () => text);
      expect(await t.query(() => Promise.resolve(structuredClone("value")))).toBe(text);
      vi.unstubAllGlobals();
      expect(structuredClone).toBe(original);
      expect(await t.query(() => Promise.resolve(structuredClone("value")))).toBe("value");
    }
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, "structuredClone");
    Object.defineProperty(globalThis, "structuredClone", {
      value: original,
      writable: false,
      configurable: true,
    });
    await t.query(() => Promise.resolve(null));
    expect(() => (globalThis.structuredClone = () => "never")).toThrow(TypeError);
    const own = await t.query(() => {
      globalThis.structuredClone = () => "own";
      return Promise.resolve(structuredClone("value"));
    });
    expect(own).toBe("own");
    Object.defineProperty(globalThis, "structuredClone", descriptor ?? {});
  });

  test("a global that a function assigns is visible only to that function, whether it succeeds or fails", async () => {
    const t = start(convexTest);
    expect(await t.action(api.nested.replaceGlobal)).toEqual([0, 5, 0]);
    const replace = (value: number) => async () => {
      globalThis.Math = { ...Math, hypot: () => value };
      await Promise.resolve();
      return Math.hypot(3, 4);
    };
    expect(await Promise.all([t.query(replace(1)), t.mutation(replace(2)), t.action(replace(3))])).toEqual([
      1, 2, 3,
    ]);
    const failing = t.mutation(() => {
      globalThis.fetch = () => Promise.resolve(new Response("own"));
      return fetch("https://example.test").then(async (response) =>
        Promise.reject(new Error(await response.text())),
      );
    });
    await expect(failing).rejects.toThrow("own");
    expect(Math.hypot(3, 4)).toBe(5);
    expect(await t.query(api.nested.hypotenuse)).toBe(5);
  });
});

describe("time, on the harness", () => {
  test.each(["query", "mutation", "run"] as const)("stands still in t.%s", async (method) => {
    vi.useFakeTimers({ now: NOW });
    const t = start(harness);
    const call = t[method] as (inline: () => Promise<number[]>) => Promise<number[]>;
    const times = await call(() => {
      const first = [Date.now(), new Date().getTime(), Date.parse(Date())];
      vi.setSystemTime(NOW + 5_000);
      return Promise.resolve([...first, Date.now(), new Date().getTime()]);
    });
    expect(new Set(times)).toEqual(new Set([NOW]));
    expect(Date.now()).toBe(NOW + 5_000);
  });

  test("advances in actions, and is the same in the functions that a mutation calls", async () => {
    vi.useFakeTimers({ now: NOW });
    const t = start(harness);
    const moved = await t.action(async (ctx) => {
      vi.setSystemTime(NOW + 1_000);
      return [Date.now(), await ctx.runQuery(api.nested.time, {})];
    });
    expect(moved).toEqual([NOW + 1_000, NOW + 1_000]);
    const nested = await t.mutation(async (ctx) => {
      vi.setSystemTime(NOW + 9_000);
      return ctx.runQuery(api.nested.time, {});
    });
    expect(nested).toBe(NOW + 1_000);
  });

  test("is the only difference of `Date`", async () => {
    const t = start(harness);
    const same = await t.query(() => {
      class Later extends Date {}
      const later = new Later(5);
      return Promise.resolve([
        new Date() instanceof Date,
        new Date(0).getTime() === 0,
        Date.UTC(2024, 0) === Date.parse("2024-01-01T00:00:00Z"),
        later instanceof Later && later instanceof Date && later.getTime() === 5,
      ]);
    });
    expect(same).toEqual([true, true, true, true]);
    const date = new Date(NOW);
    expect(await t.query(() => Promise.resolve(date instanceof Date))).toBe(true);
  });

  test("comes from the test for creation times and for due jobs", async () => {
    vi.useFakeTimers({ now: NOW });
    const t = start(harness);
    const id = await t.mutation(api.messages.send, { author: "ada", body: "now" });
    expect(await t.run((ctx) => ctx.db.get("messages", id))).toMatchObject({ _creationTime: NOW });
    vi.setSystemTime(NOW - 60_000);
    const earlier = await t.mutation(api.messages.send, { author: "ada", body: "set back" });
    const again = await t.run((ctx) => ctx.db.get("messages", earlier));
    expect(again?._creationTime).toBeGreaterThan(NOW);
  });
});

test("on the harness, functions leave the globals of a test as they are, descriptors included", async () => {
  vi.stubGlobal("structuredClone", () => "stubbed");
  const t = start(harness);
  const describeGlobal = () => Object.getOwnPropertyDescriptor(globalThis, "structuredClone");
  const before = describeGlobal();
  await t.query(() => Promise.resolve(null));
  expect(describeGlobal()).toEqual(before);
});
