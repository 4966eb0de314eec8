import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalMutation } from "../_generated/server";
import { handlerArgs, versionOf } from "./event.lib";
import { object, parse } from "./payload.lib";
import { readPayment, readSubscription } from "./stripeObjects.lib";

/** Applies a Stripe event. It is not in `stripe.ts`, so that processing does not load Stripe's library. */
export const handle = internalMutation({
  args: handlerArgs,
  returns: v.boolean(),
  handler: async (ctx, event): Promise<boolean> => {
    const payload = parse(event.payload);
    // A thin event has the id of an object but not its state.
    if (payload["object"] === THIN_EVENT) return false;
    const subject = object(object(payload, "data"), "object");
    const version = versionOf(event);
    switch (event.type) {
      case "checkout.session.completed":
      case "checkout.session.async_payment_succeeded":
      case "checkout.session.async_payment_failed":
      case "checkout.session.expired":
        await ctx.runMutation(internal.payments.handleCheckoutComplete, { ...readPayment(subject), version });
        return true;
      case "customer.subscription.created":
      case "customer.subscription.updated":
      case "customer.subscription.paused":
      case "customer.subscription.resumed":
      case "customer.subscription.deleted":
        await ctx.runMutation(internal.subscriptions.handleUpdate, { ...readSubscription(subject), version });
        return true;
      default:
        return false;
    }
  },
});

/** The `object` member of a thin event. */
const THIN_EVENT = "v2.core.event";
