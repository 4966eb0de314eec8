/** The registry of owned tables: reads by owner, and the deletion of a user. */
import { convexTest } from "convex-test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import type { Id, TableNames } from "./_generated/dataModel";
import { FIXTURES } from "./http/testing/fixtures.testing";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** The tables of the schema that have a field with a user's id. */
function tablesOfUsers(): string[] {
  return Object.entries(schema.tables).flatMap(([table, { validator }]) => {
    const fields = "fields" in validator ? Object.values<unknown>(validator.fields) : [];
    const isUserId = (field: unknown) => JSON.stringify(field).includes('"users"');
    return fields.some(isUserId) ? [table] : [];
  });
}

async function deployment() {
  const t = convexTest(schema, modules);
  const register = async (name: string) => {
    const { result } = await t.mutation(internal.users.register, { name, email: `${name}@example.com` });
    return result._id;
  };
  return { t, ada: await register("ada"), bob: await register("bob") };
}

test("deleting a user deletes the user's documents and stored bytes in every table, and keeps those of other users", async () => {
  expect(Object.keys(FIXTURES.owned).sort()).toEqual(tablesOfUsers().sort());
  const { t, ada, bob } = await deployment();
  const tables = Object.keys(FIXTURES.owned) as TableNames[];
  const store = () => t.action((ctx) => ctx.storage.store(new Blob(["{}"])));
  let unused = 0;
  for (const owner of [ada, ada, bob]) {
    for (const insert of Object.values(FIXTURES.owned)) {
      const stored = await store();
      unused++;
      await t.run((ctx) => insert(ctx, owner, () => Promise.resolve(stored).finally(() => unused--)));
    }
  }
  const left = () =>
    t.run(async (ctx) => {
      const count = async (table: TableNames) => (await ctx.db.query(table).collect()).length;
      const bytes = await ctx.db.system.query("_storage").collect();
      return { documents: await Promise.all(tables.map(count)), bytes: bytes.length - unused };
    });
  const before = await left();
  await t.mutation(internal.users.erase, { userId: ada });
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  // Two of three documents, and their bytes, were Ada's.
  const third = (count: number) => count / 3;
  expect(await left()).toEqual({ documents: before.documents.map(third), bytes: third(before.bytes) });
  expect(Math.min(...before.documents, before.bytes)).toBeGreaterThan(0);
});

test("more documents than one batch are deleted, even if another table is already empty", async () => {
  const { t, ada } = await deployment();
  await t.run(async (ctx) => {
    for (let at = 0; at < 450; at++)
      await ctx.db.insert("usage", { ownerId: ada, resource: "keys", count: 1, bytes: 0 });
    await ctx.db.insert("jobs", { ownerId: ada, status: "succeeded", revision: 1 });
  });
  await t.mutation(internal.users.eraseOwned, { userId: ada });
  const counted = () => t.run(async (ctx) => (await ctx.db.query("usage").collect()).length);
  expect(await counted()).toBe(250);
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await counted()).toBe(0);
});

test("another owner's document, a malformed id and an id of another table return not_found", async () => {
  const { t, ada, bob } = await deployment();
  const own = await t.run((ctx) => ctx.db.insert("jobs", { ownerId: ada, status: "succeeded", revision: 1 }));
  expect(await t.query(internal.jobs.get, { ownerId: ada, jobId: own })).toMatchObject({ _id: own });
  const refusal = (ownerId: Id<"users">, jobId: string) =>
    t.query(internal.jobs.get, { ownerId, jobId }).then(
      () => "found",
      (error: unknown) => String(error),
    );
  expect(await refusal(bob, own)).toContain(`No job ${own}`);
  expect(await refusal(ada, "nothing")).toContain("No job nothing");
  expect(await refusal(ada, bob)).toContain(`No job ${bob}`);
});
