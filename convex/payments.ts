import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { paymentFields } from "./webhooks/billing.lib";
import { eventVersion } from "./webhooks/event.lib";
import { isNewer } from "./webhooks/order.lib";
import { fail } from "./lib/failure.lib";
import { listBy } from "./lib/list.lib";
import { pageArgs, pageOf } from "./lib/page.lib";
import { emit } from "./outgoing/emit.lib";
import schema from "./schema";

/** Updates a payment from the checkout session in a Stripe event. An event older than the stored state changes nothing. */
export const handleCheckoutComplete = internalMutation({
  args: { ...paymentFields, version: eventVersion },
  returns: v.null(),
  handler: async (ctx, payment) => {
    const known = await ctx.db
      .query("payments")
      .withIndex("by_session_id", (q) => q.eq("sessionId", payment.sessionId))
      .unique();
    if (!(await isNewer(ctx, "stripe", payment.version, known?.version))) return null;
    if (known) await ctx.db.replace("payments", known._id, { ...payment, revision: known.revision + 1 });
    else await ctx.db.insert("payments", { ...payment, revision: 1 });
    await emit(ctx, "payment.updated", payment);
    return null;
  },
});

export const list = internalQuery({
  args: { customerId: v.optional(v.string()), paymentStatus: paymentFields.paymentStatus, ...pageArgs },
  returns: pageOf(schema.doc("payments")),
  handler: (ctx, { customerId, paymentStatus, ...page }) =>
    listBy(ctx, "payments", { customerId, paymentStatus }, page),
});

export const get = internalQuery({
  args: { sessionId: v.string() },
  returns: schema.doc("payments"),
  handler: async (ctx, { sessionId }) => {
    const found = await ctx.db
      .query("payments")
      .withIndex("by_session_id", (q) => q.eq("sessionId", sessionId))
      .unique();
    return found ?? fail("not_found", `No payment ${sessionId}`);
  },
});
