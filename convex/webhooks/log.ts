/** The log of webhook events. These functions read it, replay events, and delete payloads after their retention. */
import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import { internalMutation, internalQuery, type QueryCtx } from "../_generated/server";
import { fail } from "../lib/failure.lib";
import { listBy } from "../lib/list.lib";
import { pageArgs, pageOf } from "../lib/page.lib";
import { ifMatch, requireRevision } from "../lib/revision.lib";
import { LEASE_MS } from "./attempt.lib";
import { deletePayload } from "./erasure.lib";
import schema from "../schema";

const event = schema.doc("webhookEvents");
const { status } = event.fields;

/** The number of payloads that one transaction purges. */
const BATCH = 100;

async function requireEvent(ctx: QueryCtx, eventId: string): Promise<Doc<"webhookEvents">> {
  const id = ctx.db.normalizeId("webhookEvents", eventId);
  return (id && (await ctx.db.get("webhookEvents", id))) ?? fail("not_found", `No webhook event ${eventId}`);
}

export const get = internalQuery({
  args: { id: v.string() },
  returns: event,
  handler: (ctx, { id }) => requireEvent(ctx, id),
});

export const list = internalQuery({
  args: {
    source: v.optional(v.string()),
    status: v.optional(status),
    type: v.optional(v.string()),
    ...pageArgs,
  },
  returns: pageOf(event),
  handler: (ctx, { source, status: wanted, type, ...page }) =>
    listBy(ctx, "webhookEvents", { source, eventType: type, status: wanted }, page),
});

/**
 * Schedules the processing of an event that has succeeded or failed. Refuses with `conflict` if the event is pending, or if its
 * payload has been purged.
 */
export const replay = internalMutation({
  args: { id: v.string() },
  returns: event,
  handler: async (ctx, { id }) => {
    const found = await requireEvent(ctx, id);
    if (found.status === "pending") fail("conflict", "The event is being processed");
    if (!found.payload) fail("conflict", "The payload of the event has been erased or purged");
    await ctx.db.patch("webhookEvents", found._id, {
      status: "pending",
      attempts: 0,
      handled: undefined,
      error: undefined,
      processedAt: undefined,
      dueAt: Date.now() + LEASE_MS,
      revision: found.revision + 1,
    });
    await ctx.scheduler.runAfter(0, internal.webhooks.process.attempt, { id: found._id, after: 0 });
    return requireEvent(ctx, found._id);
  },
});

/**
 * Erases the payload of an event. The event stays in the log, so that duplicates are recognized. Refuses with `conflict` if the
 * event is pending.
 */
export const erasePayload = internalMutation({
  args: { id: v.string(), ifMatch },
  returns: v.null(),
  handler: async (ctx, { id, ifMatch: expected }) => {
    const found = await requireEvent(ctx, id);
    requireRevision(found, expected);
    if (found.status === "pending") fail("conflict", "The event is being processed");
    if (found.payload) await deletePayload(ctx, found);
    return null;
  },
});

/** Deletes payloads whose retention has ended. The events stay in the log. */
export const purge = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const old = await ctx.db
      .query("webhookEvents")
      .withIndex("by_purge", (q) => q.gt("purgeAt", 0).lt("purgeAt", Date.now()))
      .take(BATCH);
    for (const event of old) await deletePayload(ctx, event);
    if (old.length === BATCH) await ctx.scheduler.runAfter(0, internal.webhooks.log.purge, {});
    return null;
  },
});
