import { v, type Infer } from "convex/values";

/**
 * The data of a payment, collected from Stripe events. Version 0.2.0 stored only the first four fields, and only for completed
 * sessions.
 */
const payment = v.object({
  /** The id of the checkout session. */
  sessionId: v.string(),
  customerId: v.optional(v.string()),
  /** In the currency's smallest unit. */
  amountTotal: v.optional(v.number()),
  currency: v.optional(v.string()),
  paymentStatus: v.optional(
    v.union(v.literal("paid"), v.literal("unpaid"), v.literal("no_payment_required")),
  ),
  /** The status of the checkout session. */
  status: v.optional(v.union(v.literal("open"), v.literal("complete"), v.literal("expired"))),
  mode: v.optional(v.string()),
  clientReferenceId: v.optional(v.string()),
  subscriptionId: v.optional(v.string()),
});

/** The data of a subscription, collected from Stripe events. Times are in milliseconds since the epoch. */
const subscription = v.object({
  subscriptionId: v.string(),
  /** Version 0.2.0 stored an empty string for an absent customer. */
  customerId: v.optional(v.string()),
  /** The status that Stripe reports. */
  status: v.string(),
  currentPeriodEnd: v.optional(v.number()),
  cancelAtPeriodEnd: v.optional(v.boolean()),
  canceledAt: v.optional(v.number()),
  items: v.optional(
    v.array(
      v.object({ priceId: v.string(), productId: v.optional(v.string()), quantity: v.optional(v.number()) }),
    ),
  ),
});

export type Payment = Infer<typeof payment>;
export type Subscription = Infer<typeof subscription>;

export const paymentFields = payment.fields;
export const subscriptionFields = subscription.fields;
