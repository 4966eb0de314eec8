import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { eventVersion, isNewer } from "./webhooks/event.lib";
import { fail } from "./lib/failure.lib";
import schema from "./schema";

/** Records a completed checkout session of Stripe. */
export const handleCheckoutComplete = internalMutation({
  args: {
    sessionId: v.string(),
    customerId: v.optional(v.string()),
    amountTotal: v.optional(v.number()),
    currency: v.optional(v.string()),
    version: eventVersion,
  },
  returns: v.null(),
  handler: async (ctx, payment) => {
    const known = await ctx.db
      .query("payments")
      .withIndex("by_session_id", (q) => q.eq("sessionId", payment.sessionId))
      .unique();
    if (!isNewer(payment.version, known?.version)) return null;
    if (known) await ctx.db.replace("payments", known._id, { ...payment, revision: known.revision + 1 });
    else await ctx.db.insert("payments", { ...payment, revision: 1 });
    return null;
  },
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
