import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalMutation } from "../_generated/server";
import { handlerArgs, versionOf } from "./event.lib";
import { object, optionalText, parse, text } from "./payload.lib";

/** Applies an event of Stripe. It is not in `stripe.ts`, so that processing does not load Stripe's library. */
export const handle = internalMutation({
  args: handlerArgs,
  returns: v.boolean(),
  handler: async (ctx, event): Promise<boolean> => {
    const subject = object(object(parse(event.payload), "data"), "object");
    const version = versionOf(event);
    const customerId = optionalText(subject, "customer") ?? optionalText(object(subject, "customer"), "id");
    switch (event.type) {
      case "checkout.session.completed": {
        const amountTotal = subject["amount_total"];
        const currency = optionalText(subject, "currency");
        await ctx.runMutation(internal.payments.handleCheckoutComplete, {
          sessionId: text(subject, "id"),
          ...(customerId !== undefined && { customerId }),
          // `JSON.parse` turns numbers that are too large into Infinity, which JSON cannot write.
          ...(typeof amountTotal === "number" && Number.isFinite(amountTotal) && { amountTotal }),
          ...(currency !== undefined && { currency }),
          version,
        });
        return true;
      }
      case "customer.subscription.created":
      case "customer.subscription.updated":
      case "customer.subscription.deleted":
        await ctx.runMutation(internal.subscriptions.handleUpdate, {
          subscriptionId: text(subject, "id"),
          customerId: customerId ?? "",
          status: text(subject, "status"),
          version,
        });
        return true;
      default:
        return false;
    }
  },
});
