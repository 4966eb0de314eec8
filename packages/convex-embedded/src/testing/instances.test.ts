import { mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";
import { convexTest as mock } from "convex-test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { api } from "../../fixtures/harness/convex/references.lib";
import { start } from "./harnessForTests";
import { convexTest } from "./index";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const send = (t: ReturnType<typeof start>, body: string) =>
  t.mutation(api.messages.send, { author: "ada", body });

test("instances are isolated from each other, also when they run at the same time", async () => {
  const names = Array.from({ length: 40 }, (_, i) => String(i));
  const found = await Promise.all(
    names.map(async (name) => {
      const t = start(convexTest);
      await Promise.all([send(t, name), t.action(api.messages.sendAll, { bodies: [name] })]);
      return t.query(api.messages.bodies);
    }),
  );
  expect(found).toEqual(names.map((name) => [name, name]));
});

test("an instance opens no database and no file", async () => {
  vi.resetModules();
  const absent = (): never => {
    throw new Error("It is not to be imported");
  };
  vi.doMock("../store/sqlite", absent);
  const { convexTest: fresh } = await import("./index");
  const t = start(fresh);
  await send(t, "hello");
  const id = await t.run((ctx) => ctx.storage.store(new Blob(["bytes"])));
  expect(await t.run(async (ctx) => (await ctx.storage.get(id))?.text())).toBe("bytes");
  vi.doUnmock("../store/sqlite");
});

test("convexTest() without modules fails with instructions", () => {
  expect(() => convexTest()).toThrow("convexTest() needs the modules of the functions");
  expect(() => convexTest({ transactionLimits: true })).toThrow(
    "convexTest() needs the modules of the functions",
  );
});

test("the engine never waits for timers that the test faked, even before importing it", async () => {
  vi.resetModules();
  vi.useFakeTimers();
  const { convexTest: fresh } = await import("./index");
  const t = start(fresh);
  await send(t, "hello");
  await t.action(api.messages.sendAll, { bodies: ["a", "b"] });
  await t.run((ctx) => ctx.storage.store(new Blob(["bytes"])));
  expect(vi.getTimerCount()).toBe(0);
  await t.mutation(api.scheduling.sleepLater, { ms: 1_000 });
  expect(vi.getTimerCount()).toBe(1);
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(vi.getTimerCount()).toBe(0);
  expect(await t.query(api.messages.bodies)).toContain("slept");
});

test("functions are the modules that the test imports, with its mocks and after it resets modules", async () => {
  vi.spyOn(Math, "hypot").mockReturnValue(7);
  expect(await start(convexTest).query(api.nested.hypotenuse)).toBe(7);
  let answer = 1;
  const t = convexTest({
    modules: {
      "./_generated/api.js": () => Promise.resolve({}),
      "./messages.ts": () => Promise.resolve({ bodies: answering(answer) }),
    },
  });
  expect(await t.query(api.messages.bodies)).toBe(1);
  answer = 2;
  expect(await t.query(api.messages.bodies)).toBe(2);
});

test("the official mock and the harness work in one process, in either order", async () => {
  const [ours, theirs] = [start(convexTest), start(mock)];
  for (let i = 0; i < 500; i++) {
    await Promise.all([send(ours, "ours"), send(theirs, "theirs")]);
  }
  expect(new Set(await ours.query(api.messages.bodies))).toEqual(new Set(["ours"]));
  expect(new Set(await theirs.query(api.messages.bodies))).toEqual(new Set(["theirs"]));
  for (const t of [ours, theirs]) {
    await expect(t.query(() => fetch("data:,").then(() => null))).rejects.toThrow("is not supported");
  }
  expect(await (await fetch("data:,text")).text()).toBe("text");
});

describe("where the mock differs from Convex", () => {
  test("a result that fails its validator rolls back the writes", async () => {
    const t = convexTest({
      modules: {
        "./_generated/api.js": () => Promise.resolve({}),
        "./messages.ts": () => Promise.resolve({ send: wrong }),
      },
    });
    const args = { author: "ada", body: "never" };
    await expect(t.mutation(api.messages.send, args)).rejects.toThrow("ReturnsValidationError");
    expect(await t.run((ctx) => ctx.db.query("messages" as never).collect())).toEqual([]);
  });

  test("unawaited calls write nothing after their function has ended", async () => {
    const t = start(convexTest);
    let late: Promise<unknown> = Promise.resolve();
    await t.mutation(async (ctx) => {
      late = Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => ctx.db.insert("messages", { author: "ada", body: "late" }));
      late.catch(() => undefined);
      await Promise.resolve();
    });
    await expect(late).rejects.toThrow("has already ended");
    expect(await t.query(api.messages.bodies)).toEqual([]);
  });

  test("two files can be stored concurrently", async () => {
    const t = start(convexTest);
    const ids = await t.action((ctx) =>
      Promise.all(["a", "b"].map((text) => ctx.storage.store(new Blob([text])))),
    );
    const texts = await t.action((ctx) =>
      Promise.all(ids.map(async (id) => (await ctx.storage.get(id))?.text())),
    );
    expect(texts).toEqual(["a", "b"]);
  });
});

describe("calls in the middle of a transaction", () => {
  test("join it: they see its writes and are rolled back with it", async () => {
    const t = start(convexTest);
    const seen = await t.run(async (ctx) => {
      await ctx.db.insert("messages", { author: "ada", body: "outer" });
      await send(t, "inner");
      await t.run((own) => own.db.insert("messages", { author: "ada", body: "inline" }).then(() => null));
      return t.query(api.messages.bodies);
    });
    expect(seen).toEqual(["outer", "inner", "inline"]);
    const failing = t.run(async () => {
      await send(t, "never");
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(await t.query(api.messages.bodies)).toEqual(["outer", "inner", "inline"]);
  });

  test("by actions also write and schedule in it", async () => {
    vi.useFakeTimers();
    const t = start(convexTest);
    await t.run(async () => {
      await t.action(api.messages.sendAll, { bodies: ["a", "b"] });
      await t.action(api.scheduling.sendLaterFromAction, { body: "later", delay: 0 });
    });
    await t.finishAllScheduledFunctions(vi.runAllTimers);
    expect(await t.query(api.messages.bodies)).toEqual(["a", "b", "later"]);
  });

  test("to another instance have their own transaction", async () => {
    const [t, other] = [start(convexTest), start(convexTest)];
    const failing = t.run(async () => {
      await send(other, "stays");
      await other.run(() => send(t, "never"));
      throw new Error("on purpose");
    });
    await expect(failing).rejects.toThrow("on purpose");
    expect(await other.query(api.messages.bodies)).toEqual(["stays"]);
    expect(await t.query(api.messages.bodies)).toEqual([]);
  });
});

const answering = (answer: number) => queryGeneric({ args: {}, handler: () => answer });

const wrong = mutationGeneric({
  args: { author: v.string(), body: v.string() },
  returns: v.number(),
  handler: (ctx, message) => ctx.db.insert("messages", message) as unknown as Promise<number>,
});
