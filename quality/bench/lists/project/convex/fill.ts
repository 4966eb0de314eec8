/** Fills every table that has a list. Half of the documents have each value of a filter. */
import {
  internalActionGeneric,
  internalMutationGeneric,
  type DataModelFromSchemaDefinition,
  type MutationBuilder,
} from "convex/server";
import type schema from "../../../../../convex/schema";
import { v } from "convex/values";

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

/** Inserts documents into each table. */
export const batch = mutation({
  args: {
    ownerId: v.id("users"),
    endpointId: v.id("webhookEndpoints"),
    eventId: v.id("outgoingEvents"),
    storageId: v.id("_storage"),
    from: v.number(),
    count: v.number(),
  },
  handler: async (ctx, { ownerId, endpointId, eventId, storageId, from, count }) => {
    const version = { time: 0, rank: 0, eventId: "evt" };
    const revision = 1;
    for (let n = from; n < from + count; n++) {
      const odd = n % 2 === 1;
      const email = `user${n}@example.com`;
      const own = { ownerId, revision };
      const name = `part rare${n}x`;
      await ctx.db.insert("items", { ...own, name, text: name, updatedAt: 0 });
      const visibility = odd ? "public" : "private";
      await ctx.db.insert("files", {
        ...own,
        storageId,
        contentType: "a/b",
        size: 5,
        sha256: "0",
        visibility,
      });
      await ctx.db.insert("users", { email, emailKey: email, name: "N", scopes: [], revision });
      const key = { userId: ownerId, name: "N", publicId: "p", hash: `h${n}`, scopes: [], createdAt: 0 };
      await ctx.db.insert("apiKeys", { ...key, ...(odd && { revokedAt: 1 + n, revoked: true as const }) });
      await ctx.db.insert("jobs", { ...own, status: odd ? "succeeded" : "failed" });
      const customerId = odd ? "cus_1" : "cus_2";
      const paymentStatus = odd ? "paid" : "unpaid";
      const common = { customerId, version, revision };
      await ctx.db.insert("payments", { ...common, sessionId: `cs_${n}`, paymentStatus });
      const status = odd ? "active" : "canceled";
      await ctx.db.insert("subscriptions", { ...common, subscriptionId: `sub_${n}`, status });
      await ctx.db.insert("webhookEvents", {
        source: odd ? "stripe" : "github",
        eventId: `evt_${n}`,
        eventType: odd ? "paid" : "push",
        eventTime: 0,
        handler: "github",
        status: odd ? "success" : "failed",
        attempts: 1,
        revision,
      });
      const delivery = { eventId, endpointId, ownerId, type: "ping", attempts: [], tries: 1, revision };
      await ctx.db.insert("webhookDeliveries", { ...delivery, status: odd ? "succeeded" : "failed" });
    }
  },
});
