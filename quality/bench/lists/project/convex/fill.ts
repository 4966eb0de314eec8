/** Fills the tables that have a list. Half of the documents have each value of a filter. */
import {
  internalActionGeneric,
  internalMutationGeneric,
  type DataModelFromSchemaDefinition,
  type GenericMutationCtx,
  type MutationBuilder,
} from "convex/server";
import type schema from "../../../../../convex/schema";
import { v, type ObjectType } from "convex/values";

type DataModel = DataModelFromSchemaDefinition<typeof schema>;
const mutation = internalMutationGeneric as MutationBuilder<DataModel, "internal">;

/** Stores the bytes that all files share. */
export const store = internalActionGeneric({
  args: {},
  handler: (ctx) => ctx.storage.store(new Blob(["bytes"], { type: "text/plain" })),
});

/** Inserts the owner of all documents, its key, and an endpoint with an event. */
export const begin = mutation({
  args: { publicId: v.string(), hash: v.string() },
  handler: async (ctx, key) => {
    const email = "owner@example.com";
    const ownerId = await ctx.db.insert("users", {
      email,
      emailKey: email,
      name: "N",
      scopes: [],
      revision: 1,
    });
    await ctx.db.insert("apiKeys", { ...key, userId: ownerId, name: "bench", scopes: ["*"], createdAt: 0 });
    const endpointId = await ctx.db.insert("webhookEndpoints", {
      ownerId,
      url: "http://127.0.0.1:65535/",
      events: ["job.failed"],
      enabled: false,
      deployment: false,
      secrets: [],
      revision: 1,
    });
    const event = { type: "ping", ownerId, time: 0, data: "{}", purgeAt: Number.MAX_SAFE_INTEGER };
    return { ownerId, endpointId, eventId: await ctx.db.insert("outgoingEvents", event) };
  },
});

/** Inserts only items. */
export const items = mutation({
  args: { ownerId: v.id("users"), from: v.number(), count: v.number() },
  handler: async (ctx, { ownerId, from, count }) => {
    const description = "Stainless steel, in a box of one hundred pieces.";
    for (let n = from; n < from + count; n++)
      await ctx.db.insert("items", { ownerId, name: `part ${n}`, description, updatedAt: 0, revision: 1 });
  },
});

const ids = {
  ownerId: v.id("users"),
  endpointId: v.id("webhookEndpoints"),
  eventId: v.id("outgoingEvents"),
  storageId: v.id("_storage"),
};
type Ids = ObjectType<typeof ids>;
type Db = GenericMutationCtx<DataModel>["db"];

const revision = 1;
const version = { time: 0, rank: 0, eventId: "evt" };
const customerOf = (odd: boolean) => (odd ? "cus_1" : "cus_2");

/** Inserts document number `n` of a table. */
const INSERT = {
  items: (db: Db, { ownerId }: Ids, n: number) => {
    const name = `part rare${n}x`;
    return db.insert("items", { ownerId, revision, name, text: name, updatedAt: 0 });
  },
  files: (db: Db, { ownerId, storageId }: Ids, _: number, odd: boolean) => {
    const visibility = odd ? "public" : "private";
    const file = { storageId, contentType: "a/b", size: 5, sha256: "0", visibility } as const;
    return db.insert("files", { ownerId, revision, ...file });
  },
  users: (db: Db, _: Ids, n: number) => {
    const email = `user${n}@example.com`;
    return db.insert("users", { email, emailKey: email, name: "N", scopes: [], revision });
  },
  apiKeys: (db: Db, { ownerId }: Ids, n: number, odd: boolean) => {
    const key = { userId: ownerId, name: "N", publicId: "p", hash: `h${n}`, scopes: [], createdAt: 0 };
    // Keys that were revoked long ago are deleted after their retention.
    const revoked = odd && { revokedAt: Date.now(), revoked: true as const };
    return db.insert("apiKeys", { ...key, ...revoked });
  },
  jobs: (db: Db, { ownerId }: Ids, _: number, odd: boolean) =>
    db.insert("jobs", { ownerId, revision, status: odd ? "succeeded" : "failed" }),
  payments: (db: Db, _: Ids, n: number, odd: boolean) => {
    const payment = { sessionId: `cs_${n}`, paymentStatus: odd ? "paid" : "unpaid" } as const;
    return db.insert("payments", { customerId: customerOf(odd), version, revision, ...payment });
  },
  subscriptions: (db: Db, _: Ids, n: number, odd: boolean) => {
    const subscription = { subscriptionId: `sub_${n}`, status: odd ? "active" : "canceled" };
    return db.insert("subscriptions", { customerId: customerOf(odd), version, revision, ...subscription });
  },
  webhookEvents: (db: Db, _: Ids, n: number, odd: boolean) =>
    db.insert("webhookEvents", {
      source: odd ? "stripe" : "github",
      eventId: `evt_${n}`,
      eventType: odd ? "paid" : "push",
      eventTime: 0,
      handler: "github",
      status: odd ? "success" : "failed",
      attempts: 1,
      revision,
    }),
  webhookDeliveries: (db: Db, { eventId, endpointId, ownerId }: Ids, _: number, odd: boolean) => {
    const delivery = { eventId, endpointId, ownerId, type: "ping", attempts: [], tries: 1, revision };
    return db.insert("webhookDeliveries", { ...delivery, status: odd ? "succeeded" : "failed" });
  },
};

/** Inserts documents into one table. */
export const batch = mutation({
  args: { ...ids, table: v.string(), from: v.number(), count: v.number() },
  handler: async ({ db }, { table, from, count, ...all }) => {
    const insert = INSERT[table as keyof typeof INSERT];
    for (let n = from; n < from + count; n++) await insert(db, all, n, n % 2 === 1);
  },
});
