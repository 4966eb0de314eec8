import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { subscriptionFields } from "./webhooks/billing.lib";
import { eventVersion } from "./webhooks/event.lib";
import { isNewer } from "./webhooks/order.lib";
import { fail } from "./lib/failure.lib";
import { listBy } from "./lib/list.lib";
import { pageArgs, pageOf } from "./lib/page.lib";
import { emit } from "./outgoing/emit.lib";
import schema from "./schema";

/** Updates a subscription from a Stripe event. An event older than the stored state changes nothing. */
export const handleUpdate = internalMutation({
  args: { ...subscriptionFields, version: eventVersion },
  returns: v.null(),
  handler: async (ctx, subscription) => {
    const known = await ctx.db
      .query("subscriptions")
      .withIndex("by_subscription_id", (q) => q.eq("subscriptionId", subscription.subscriptionId))
      .unique();
    if (!(await isNewer(ctx, "stripe", subscription.version, known?.version))) return null;
    if (known)
      await ctx.db.replace("subscriptions", known._id, { ...subscription, revision: known.revision + 1 });
    else await ctx.db.insert("subscriptions", { ...subscription, revision: 1 });
    await emit(ctx, "subscription.updated", subscription);
    return null;
  },
});

export const list = internalQuery({
  args: { customerId: v.optional(v.string()), status: v.optional(v.string()), ...pageArgs },
  returns: pageOf(schema.doc("subscriptions")),
  handler: (ctx, { customerId, status, ...page }) =>
    listBy(ctx, "subscriptions", { customerId, status }, page),
});

export const get = internalQuery({
  args: { subscriptionId: v.string() },
  returns: schema.doc("subscriptions"),
  handler: async (ctx, { subscriptionId }) => {
    const found = await ctx.db
      .query("subscriptions")
      .withIndex("by_subscription_id", (q) => q.eq("subscriptionId", subscriptionId))
      .unique();
    return found ?? fail("not_found", `No subscription ${subscriptionId}`);
  },
});
