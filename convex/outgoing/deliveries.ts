/** The deliveries of an owner's endpoints: reading them, and sending one again. */
import { v } from "convex/values";
import { internalMutation, internalQuery } from "../_generated/server";
import { caller } from "../identity/caller.lib";
import { currentScopes } from "../identity/currentScopes.lib";
import { covers } from "../identity/scopes.lib";
import { fail } from "../lib/failure.lib";
import { listBy } from "../lib/list.lib";
import { getOwned } from "../lib/owned.lib";
import { pageArgs, pageOf } from "../lib/page.lib";
import { readBack } from "../lib/readBack.lib";
import { bodyOf } from "./delivery.lib";
import { scopeOf } from "./eventTypes.lib";
import { addPending } from "./sender.lib";
import schema from "../schema";

const delivery = schema.doc("webhookDeliveries");
const { status } = delivery.fields;

export const list = internalQuery({
  args: {
    ownerId: v.id("users"),
    endpointId: v.string(),
    status: v.optional(status),
    ...pageArgs,
  },
  returns: pageOf(delivery),
  handler: async (ctx, { ownerId, endpointId, status: wanted, ...page }) => {
    const { _id } = await getOwned(ctx, "webhookEndpoints", ownerId, endpointId);
    return listBy(ctx, "webhookDeliveries", { endpointId: _id, status: wanted }, page);
  },
});

/** Returns a delivery, and the JSON text that it sends if the caller may read the event's data. */
export const get = internalQuery({
  args: { caller, id: v.string() },
  returns: v.object({ delivery, payload: v.optional(v.string()) }),
  handler: async (ctx, { caller, id }) => {
    const found = await getOwned(ctx, "webhookDeliveries", caller.userId, id);
    const scope = scopeOf(found.type);
    const allowed = scope === undefined || covers(await currentScopes(ctx, caller), scope);
    const event = allowed ? await ctx.db.get("outgoingEvents", found.eventId) : null;
    return { delivery: found, ...(event && { payload: bodyOf(event) }) };
  },
});

/** Sends a delivery again that has succeeded or failed. Its waits start from the beginning. */
export const retry = internalMutation({
  args: { ownerId: v.id("users"), id: v.string() },
  returns: delivery,
  handler: async (ctx, { ownerId, id }) => {
    const found = await getOwned(ctx, "webhookDeliveries", ownerId, id);
    if (found.status === "pending") fail("conflict", "The delivery is pending");
    const endpoint = await ctx.db.get("webhookEndpoints", found.endpointId);
    if (!endpoint?.enabled) fail("conflict", "The endpoint is disabled");
    await ctx.db.patch("webhookDeliveries", found._id, {
      status: "pending",
      tries: 0,
      nextAttemptAt: Date.now(),
      revision: found.revision + 1,
    });
    await addPending(ctx, found.endpointId);
    return readBack(ctx, "webhookDeliveries", found._id);
  },
});
