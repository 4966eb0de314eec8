/** The registry of owned tables: reads by owner, and the deletion of a user. */
import { convexTest } from "convex-test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { internal } from "./_generated/api";
import type { Id, TableNames } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Insert = (
  ctx: MutationCtx,
  owner: Id<"users">,
  bytes: () => Promise<Id<"_storage">>,
) => Promise<unknown>;

/** Functions that insert a document into each owned table. */
const INSERT: Partial<Record<TableNames, Insert>> = {
  apiKeys: (ctx, userId) =>
    ctx.db.insert("apiKeys", { userId, name: "ci", publicId: "", hash: "", scopes: [], createdAt: 0 }),
  items: (ctx, ownerId) => ctx.db.insert("items", { ownerId, name: "bolt", updatedAt: 0, revision: 1 }),
  files: async (ctx, ownerId, bytes) => {
    const file = { contentType: "text/plain", size: 2, sha256: "", visibility: "private" as const };
    await ctx.db.insert("files", { ownerId, storageId: await bytes(), ...file, revision: 1 });
  },
  jobs: async (ctx, ownerId, bytes) => {
    const input = { storageId: await bytes() };
    await ctx.db.insert("jobs", { ownerId, status: "running", input, revision: 1 });
  },
  usage: (ctx, ownerId) => ctx.db.insert("usage", { ownerId, resource: "items", count: 1, bytes: 0 }),
  webhookEndpoints: (ctx, ownerId) => insertEndpoint(ctx, ownerId),
  outgoingEvents: (ctx, ownerId) => insertEvent(ctx, ownerId),
  webhookDeliveries: async (ctx, ownerId) => {
    const [endpointId, eventId] = [await insertEndpoint(ctx, ownerId), await insertEvent(ctx, ownerId)];
    const pending = { status: "pending" as const, attempts: [], tries: 0, revision: 1 };
    await ctx.db.insert("webhookDeliveries", { ownerId, endpointId, eventId, type: "ping", ...pending });
  },
};

async function insertEndpoint(ctx: MutationCtx, ownerId: Id<"users">): Promise<Id<"webhookEndpoints">> {
  const address = { url: "https://partner.example.com", events: ["*"], enabled: false, deployment: true };
  const id = await ctx.db.insert("webhookEndpoints", { ownerId, ...address, secrets: [], revision: 1 });
  const idle = { state: "idle" as const, slow: false, pending: 0, failures: 0 };
  await ctx.db.insert("webhookSenders", { endpointId: id, ...idle });
  return id;
}

const insertEvent = (ctx: MutationCtx, ownerId: Id<"users">): Promise<Id<"outgoingEvents">> =>
  ctx.db.insert("outgoingEvents", { type: "ping", ownerId, data: "{}", time: 0, purgeAt: 1e15 });

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
  expect(Object.keys(INSERT).sort()).toEqual(tablesOfUsers().sort());
  const { t, ada, bob } = await deployment();
  for (const owner of [ada, ada, bob]) {
    for (const insert of Object.values(INSERT)) {
      const stored = await t.action((ctx) => ctx.storage.store(new Blob(["{}"])));
      await t.run((ctx) => insert(ctx, owner, () => Promise.resolve(stored)));
    }
  }
  const left = () =>
    t.run(async (ctx) => {
      const count = async (table: TableNames) => (await ctx.db.query(table).collect()).length;
      const tables = Object.keys(INSERT) as TableNames[];
      const bytes = await ctx.db.system.query("_storage").collect();
      return { documents: await Promise.all(tables.map(count)), bytes: bytes.length };
    });
  expect(await left()).toEqual({ documents: [3, 3, 3, 3, 3, 6, 6, 3], bytes: 24 });
  await t.mutation(internal.users.erase, { userId: ada });
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  // Ada's two files and two jobs each have stored bytes, which are deleted. Keys and items have none.
  expect(await left()).toEqual({ documents: [1, 1, 1, 1, 1, 2, 2, 1], bytes: 24 - 4 });
});

test("more documents than one batch are deleted, even if another table is already empty", async () => {
  const { t, ada } = await deployment();
  await t.run(async (ctx) => {
    for (let at = 0; at < 450; at++)
      await ctx.db.insert("items", { ownerId: ada, name: "bolt", updatedAt: 0, revision: 1 });
    await ctx.db.insert("jobs", { ownerId: ada, status: "succeeded", revision: 1 });
  });
  await t.mutation(internal.users.eraseOwned, { userId: ada });
  const counted = () => t.run(async (ctx) => (await ctx.db.query("items").collect()).length);
  expect(await counted()).toBe(250);
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await counted()).toBe(0);
});

test("another owner's document, a malformed id and an id of another table return not_found", async () => {
  const { t, ada, bob } = await deployment();
  const { result } = await t.mutation(internal.items.create, { ownerId: ada, name: "bolt" });
  expect(await t.query(internal.items.get, { ownerId: ada, itemId: result._id })).toEqual(result);
  const refusal = (ownerId: Id<"users">, itemId: string) =>
    t.query(internal.items.get, { ownerId, itemId }).then(
      () => "found",
      (error: unknown) => String(error),
    );
  expect(await refusal(bob, result._id)).toContain(`No item ${result._id}`);
  expect(await refusal(ada, "nothing")).toContain("No item nothing");
  expect(await refusal(ada, bob)).toContain(`No item ${bob}`);
});
