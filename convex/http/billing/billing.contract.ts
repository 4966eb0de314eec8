import { docsOnly } from "#docsOnly";
import { contract, type FieldSchemas } from "../kit/contract.kit";
import { id } from "../kit/values.kit";

const PAYMENT_STATUSES = ["paid", "unpaid", "no_payment_required"] as const;

/** The maximum length of Stripe's ids and statuses in filters, in code points. */
const MAX_TEXT = 255;
const stripeText = ({ z, atMost }: Pick<FieldSchemas, "z" | "atMost">) =>
  z.string().check(z.minLength(1), atMost(MAX_TEXT));

export const Payment = docsOnly(({ named, z }) =>
  named(
    "Payment",
    z.object({
      sessionId: z.string(),
      customerId: z.exactOptional(z.string()),
      amountTotal: z.exactOptional(z.number()),
      currency: z.exactOptional(z.string()),
      paymentStatus: z.exactOptional(z.enum(PAYMENT_STATUSES)),
      status: z.exactOptional(z.enum(["open", "complete", "expired"])),
      mode: z.exactOptional(z.string()),
      clientReferenceId: z.exactOptional(z.string()),
      subscriptionId: z.exactOptional(z.string()),
    }),
    {
      sessionId: "The id of the Stripe checkout session.",
      customerId: "The id of the customer in Stripe.",
      amountTotal: "The amount in the smallest unit of the currency, such as cents.",
      currency: "The three-letter ISO 4217 code in lower case, such as `eur`.",
      paymentStatus: "Whether the money has arrived. `no_payment_required` is a session without a charge.",
      status: "`complete` once the customer has finished the session, which can be before the money arrives.",
      mode: "What the session is for: `payment`, `subscription` or `setup`.",
      clientReferenceId: "The reference that your own system gave the session, such as an order number.",
      subscriptionId: "The subscription that the session started, if any.",
    },
  ),
);

const SubscriptionItem = docsOnly(({ named, z }) =>
  named(
    "SubscriptionItem",
    z.object({
      priceId: z.string(),
      productId: z.exactOptional(z.string()),
      quantity: z.exactOptional(z.number()),
    }),
    {
      priceId: "The id of the price in Stripe.",
      productId: "The id of the product in Stripe.",
      quantity: "The number of units that the customer pays for. Absent for metered prices.",
    },
  ),
);

export const Subscription = docsOnly(({ named, z, time }) =>
  named(
    "Subscription",
    z.object({
      subscriptionId: z.string(),
      customerId: z.exactOptional(z.string()),
      status: z.string(),
      currentPeriodEnd: z.exactOptional(time()),
      cancelAtPeriodEnd: z.exactOptional(z.boolean()),
      canceledAt: z.exactOptional(time()),
      items: z.exactOptional(z.array(SubscriptionItem())),
    }),
    {
      subscriptionId: "The id of the subscription in Stripe.",
      customerId: "The id of the customer in Stripe.",
      status: "The status that Stripe sent, such as `active`, `past_due` or `canceled`.",
      currentPeriodEnd: "The end of the paid period. If the items have different periods, the earliest end.",
      cancelAtPeriodEnd: "Whether the subscription ends with the current period.",
      canceledAt: "When the cancellation was requested.",
      items: "The prices that the customer subscribes to.",
    },
  ),
);

const payment = docsOnly(() => ({
  sessionId: "cs_test_a1b2c3",
  customerId: "cus_9s6XKzkNRiz8i3",
  amountTotal: 4900,
  currency: "eur",
  paymentStatus: "paid" as const,
  status: "complete" as const,
  mode: "subscription",
  clientReferenceId: "order_1042",
  subscriptionId: "sub_1MowQVLkdIwHu7ix",
}));

const subscription = docsOnly(() => ({
  subscriptionId: "sub_1MowQVLkdIwHu7ix",
  customerId: "cus_9s6XKzkNRiz8i3",
  status: "active",
  currentPeriodEnd: "2026-02-28T12:00:00.000Z",
  cancelAtPeriodEnd: false,
  items: [{ priceId: "price_1MowQULkdIwHu7ix", productId: "prod_NZKdYqrwEYx6iK", quantity: 1 }],
}));

export const listPayments = contract("get", "/api/payments", () => ({
  operationId: "listPayments",
  scope: "billing:read",
  paged: {
    filters: ({ z, atMost }) => ({
      customerId: stripeText({ z, atMost }),
      paymentStatus: z.enum(PAYMENT_STATUSES),
    }),
    together: [["customerId", "paymentStatus"]],
  },
  docs: docsOnly(({ z }) => ({
    tag: "Billing",
    summary: "List the payments, newest first",
    description:
      "Returns the Stripe checkout sessions that the webhooks have recorded, each as in `GET /api/payments/{sessionId}`. The order, " +
      "`createdAfter` and `createdBefore` use the time at which the API recorded a session first.",
    fields: {
      customerId: "Only payments of this customer of Stripe.",
      paymentStatus: "Only payments with this status. Payments from before version 0.3.0 may have none.",
    },
    replies: { 200: z.array(Payment()) },
    examples: {
      query: { customerId: payment().customerId, paymentStatus: payment().paymentStatus },
      replies: { 200: [payment()] },
    },
  })),
}));

export const listSubscriptions = contract("get", "/api/subscriptions", () => ({
  operationId: "listSubscriptions",
  scope: "billing:read",
  paged: {
    filters: ({ z, atMost }) => ({
      customerId: stripeText({ z, atMost }),
      status: stripeText({ z, atMost }),
    }),
    together: [["customerId", "status"]],
  },
  docs: docsOnly(({ z }) => ({
    tag: "Billing",
    summary: "List the subscriptions, newest first",
    description:
      "Returns the Stripe subscriptions that the webhooks have recorded, each as in `GET /api/subscriptions/{subscriptionId}`. The " +
      "order, `createdAfter` and `createdBefore` use the time at which the API recorded a subscription first.",
    fields: {
      customerId: "Only subscriptions of this customer of Stripe.",
      status: "Only subscriptions with this status of Stripe, such as `active` or `past_due`.",
    },
    replies: { 200: z.array(Subscription()) },
    examples: {
      query: { customerId: subscription().customerId, status: subscription().status },
      replies: { 200: [subscription()] },
    },
  })),
}));

export const getPayment = contract("get", "/api/payments/:sessionId", () => ({
  operationId: "getPayment",
  scope: "billing:read",
  conditional: true,
  params: { sessionId: id() },
  docs: docsOnly(() => ({
    tag: "Billing",
    summary: "Fetch a payment",
    description:
      "Returns the last state of a Stripe checkout session that the webhooks have recorded. `sessionId` is the id of the session. " +
      "`amountTotal` is in the currency's smallest unit. A session is paid once `paymentStatus` is `paid`; with a delayed payment " +
      "method, `status` is `complete` before that. Fields that Stripe did not send are absent.",
    fields: { sessionId: "The id of the Stripe checkout session." },
    replies: { 200: Payment() },
    examples: {
      params: { sessionId: payment().sessionId },
      replies: { 200: payment() },
    },
  })),
}));

export const getSubscription = contract("get", "/api/subscriptions/:subscriptionId", () => ({
  operationId: "getSubscription",
  scope: "billing:read",
  conditional: true,
  params: { subscriptionId: id() },
  docs: docsOnly(() => ({
    tag: "Billing",
    summary: "Fetch a subscription",
    description:
      "Returns the last state of a Stripe subscription that the webhooks have recorded. `status` is the value that Stripe sent. If the items " +
      "have different periods, `currentPeriodEnd` is the end of the period that ends first. Fields that Stripe did not send are absent.",
    fields: { subscriptionId: "The id of the subscription in Stripe." },
    replies: { 200: Subscription() },
    examples: {
      params: { subscriptionId: subscription().subscriptionId },
      replies: { 200: subscription() },
    },
  })),
}));
