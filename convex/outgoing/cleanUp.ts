/** Deletes and ends deliveries in batches: of deleted and disabled endpoints, and of events whose retention has ended. */
import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalMutation } from "../_generated/server";
import { deleteEvents, failDelivery, subtractPending } from "./delivery.lib";

/** Deliveries that one transaction deletes or ends. */
const BATCH = 200;
/** Events that one transaction purges. */
const EVENTS = 100;

/** Ends the pending deliveries of a disabled endpoint. They fail, and can be retried. */
export const failPending = internalMutation({
  args: { endpointId: v.id("webhookEndpoints") },
  returns: v.null(),
  handler: async (ctx, { endpointId }) => {
    const endpoint = await ctx.db.get("webhookEndpoints", endpointId);
    // An endpoint that was enabled again sends them.
    if (!endpoint || endpoint.enabled) return null;
    const pending = await ctx.db
      .query("webhookDeliveries")
      .withIndex("by_endpoint_and_status", (q) => q.eq("endpointId", endpointId).eq("status", "pending"))
      .take(BATCH);
    const error = `Not sent: the endpoint is disabled${endpoint.disabledReason === undefined ? "" : ` (${endpoint.disabledReason})`}`;
    for (const delivery of pending) await failDelivery(ctx, delivery, error);
    await subtractPending(ctx, endpointId, pending.length);
    if (pending.length === BATCH)
      await ctx.scheduler.runAfter(0, internal.outgoing.cleanUp.failPending, { endpointId });
    return null;
  },
});

/** Deletes the deliveries of a deleted endpoint. */
export const deleteDeliveries = internalMutation({
  args: { endpointId: v.id("webhookEndpoints") },
  returns: v.null(),
  handler: async (ctx, { endpointId }) => {
    const deliveries = await ctx.db
      .query("webhookDeliveries")
      .withIndex("by_endpoint", (q) => q.eq("endpointId", endpointId))
      .take(BATCH);
    for (const { _id } of deliveries) await ctx.db.delete("webhookDeliveries", _id);
    if (deliveries.length === BATCH)
      await ctx.scheduler.runAfter(0, internal.outgoing.cleanUp.deleteDeliveries, { endpointId });
    return null;
  },
});

/** Deletes events whose retention has ended, with their deliveries. */
export const purge = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const old = await ctx.db
      .query("outgoingEvents")
      .withIndex("by_purge", (q) => q.lt("purgeAt", Date.now()))
      .take(EVENTS);
    const { isDone } = await deleteEvents(ctx, old);
    if (!isDone || old.length === EVENTS)
      await ctx.scheduler.runAfter(0, internal.outgoing.cleanUp.purge, {});
    return null;
  },
});
