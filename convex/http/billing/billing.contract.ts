import { docsOnly } from "#docsOnly";
import { contract } from "../kit/contract.kit";
import { id } from "../kit/values.kit";

export const Payment = docsOnly(({ named, z }) =>
  named(
    "Payment",
    z.object({
      sessionId: z.string(),
      customerId: z.exactOptional(z.string()),
      amountTotal: z.exactOptional(z.number()),
      currency: z.exactOptional(z.string()),
      paymentStatus: z.exactOptional(z.enum(["paid", "unpaid", "no_payment_required"])),
      status: z.exactOptional(z.enum(["open", "complete", "expired"])),
      mode: z.exactOptional(z.string()),
      clientReferenceId: z.exactOptional(z.string()),
      subscriptionId: z.exactOptional(z.string()),
    }),
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
      items: z.exactOptional(
        z.array(
          z.object({
            priceId: z.string(),
            productId: z.exactOptional(z.string()),
            quantity: z.exactOptional(z.number()),
          }),
        ),
      ),
    }),
  ),
);

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
    replies: { 200: Payment() },
    examples: {
      params: { sessionId: "cs_test_a1b2c3" },
      replies: {
        200: {
          sessionId: "cs_test_a1b2c3",
          customerId: "cus_9s6XKzkNRiz8i3",
          amountTotal: 4900,
          currency: "eur",
          paymentStatus: "paid",
          status: "complete",
          mode: "subscription",
          clientReferenceId: "order_1042",
          subscriptionId: "sub_1MowQVLkdIwHu7ix",
        },
      },
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
    replies: { 200: Subscription() },
    examples: {
      params: { subscriptionId: "sub_1MowQVLkdIwHu7ix" },
      replies: {
        200: {
          subscriptionId: "sub_1MowQVLkdIwHu7ix",
          customerId: "cus_9s6XKzkNRiz8i3",
          status: "active",
          currentPeriodEnd: "2026-02-28T12:00:00.000Z",
          cancelAtPeriodEnd: false,
          items: [{ priceId: "price_1MowQULkdIwHu7ix", productId: "prod_NZKdYqrwEYx6iK", quantity: 1 }],
        },
      },
    },
  })),
}));
