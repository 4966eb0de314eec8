import { describe, expect, test } from "vitest";
import { api } from "../../fixtures/harness/convex/references.lib";
import schema from "../../fixtures/harness/convex/schema";
import { BOTH, modules } from "./harnessForTests";

describe.each(BOTH)("on %s", (_name, convexTest) => {
  const insert = (t: ReturnType<typeof start>, count: number) =>
    t.run(async (ctx) => {
      for (let i = 0; i < count; i++) await ctx.db.insert("messages", { author: "ada", body: String(i) });
    });
  const start = (transactionLimits: boolean | Record<string, number> = false) =>
    convexTest({ schema, modules, transactionLimits });

  test("a transaction has no limits by default but is measured", async () => {
    const t = start();
    await insert(t, 16_001);
    const metrics = await t.query(async (ctx) => {
      await ctx.db.query("messages").take(3);
      return ctx.meta.getTransactionMetrics();
    });
    expect(metrics.documentsRead).toEqual({ used: 3, remaining: 31_997 });
    expect(metrics.functionsScheduled).toEqual({ used: 0, remaining: 1_000 });
  });

  test.each<[string, Record<string, number>]>([
    ["documents written", { documentsWritten: 2 }],
    ["bytes written", { bytesWritten: 200 }],
  ])("the test sets a limit on %s", async (_what, limits) => {
    const t = start(limits);
    await insert(t, 2);
    await expect(insert(t, 3)).rejects.toThrow(/limit/);
    expect(await t.query(api.messages.bodies)).toEqual(["0", "1"]);
  });

  test.each<[string, Record<string, number>]>([
    ["documents read", { documentsRead: 2 }],
    ["bytes read", { bytesRead: 150 }],
    ["index ranges", { databaseQueries: 0 }],
  ])("the test sets a limit on %s", async (_what, limits) => {
    const t = start(limits);
    await insert(t, 3);
    await expect(t.query(api.messages.bodies)).rejects.toThrow(/limit/);
  });

  test("the test sets a limit on functions scheduled", async () => {
    const t = start({ functionsScheduled: 1 });
    const schedule = (count: number) =>
      t.mutation(async (ctx) => {
        const message = { author: "timer", body: "later" };
        for (let i = 0; i < count; i++) await ctx.scheduler.runAfter(3_600_000, api.messages.send, message);
      });
    await schedule(1);
    await expect(schedule(2)).rejects.toThrow(/limit/);
  });

  test("`true` applies Convex's limits", async () => {
    const t = start(true);
    await expect(insert(t, 16_001)).rejects.toThrow(/limit: 16000/);
  });

  test("a nested call may have lower limits", async () => {
    const t = start();
    await insert(t, 3);
    const bodies = (documentsRead: number) =>
      t.mutation((ctx) => ctx.runQuery(api.messages.bodies, {}, { transactionLimits: { documentsRead } }));
    expect(await bodies(3)).toHaveLength(3);
    await expect(bodies(2)).rejects.toThrow(/limit/);
  });
});
