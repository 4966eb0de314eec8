import { convexTest } from "convex-test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Creates items as earlier versions stored them: without a text. */
async function oldItems(count: number) {
  const t = convexTest(schema, modules);
  const ownerId = await t.run(async (ctx) => {
    const user = { email: "a@x.example", emailKey: "a@x.example", name: "N", scopes: [], revision: 1 };
    const ownerId = await ctx.db.insert("users", user);
    for (let n = 0; n < count; n++) {
      const description = n % 2 === 0 ? {} : { description: "M8" };
      await ctx.db.insert("items", { ownerId, name: `bolt ${n}`, ...description, updatedAt: 1, revision: 1 });
    }
    return ownerId;
  });
  return { t, ownerId };
}

test("the texts of items are filled in batches, after a crash too, and the items are then found", async () => {
  const { t, ownerId } = await oldItems(450);
  const search = () => t.query(internal.items.search, { ownerId, q: "m8", limit: 100 });
  expect(await t.mutation(internal.migrations.fillItemTexts, {})).toBeNull();
  const texts = () =>
    t.run(async (ctx) => (await ctx.db.query("items").collect()).map(({ text }) => text ?? null));
  expect((await texts()).filter((text) => text !== null)).toHaveLength(200);
  // A crash loses the scheduled batch.
  await t.run(async (ctx) => {
    for (const { _id } of await ctx.db.system.query("_scheduled_functions").collect())
      await ctx.scheduler.cancel(_id);
  });
  await t.mutation(internal.migrations.fillItemTexts, {});
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await texts()).toEqual(
    Array.from({ length: 450 }, (_, n) => (n % 2 === 0 ? `bolt ${n}` : `bolt ${n}\nM8`)),
  );
  expect((await search()).docs).toHaveLength(100);
  const items = await t.run((ctx) => ctx.db.query("items").collect());
  expect(new Set(items.map(({ revision, updatedAt }) => `${revision} ${updatedAt}`))).toEqual(
    new Set(["1 1"]),
  );
  expect(await t.mutation(internal.migrations.fillItemTexts, {})).toBeTypeOf("number");
});
