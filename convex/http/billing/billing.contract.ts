import { documented } from "#documented";
import * as z from "zod/mini";
import { contract } from "../kit/contract.kit";
import { id } from "../kit/fields.kit";

export const Payment = documented(({ named }) =>
  named(
    "Payment",
    z.object({
      sessionId: z.string(),
      customerId: z.exactOptional(z.string()),
      amountTotal: z.exactOptional(z.number()),
      currency: z.exactOptional(z.string()),
    }),
  ),
);

export const Subscription = documented(({ named }) =>
  named("Subscription", z.object({ subscriptionId: z.string(), customerId: z.string(), status: z.string() })),
);

export const getPayment = contract("get", "/api/payments/:sessionId", () => ({
  operationId: "getPayment",
  scope: "billing:read",
  conditional: true,
  params: { sessionId: id() },
  replies: documented(() => ({ 200: Payment() })),
  docs: documented(() => ({
    tag: "Billing",
    summary: "Fetch a payment that Stripe has told of",
    description: "The id is that of the checkout session. The amount is in the currency's smallest unit.",
    examples: {
      params: { sessionId: "cs_test_a1b2c3" },
      replies: {
        200: {
          sessionId: "cs_test_a1b2c3",
          customerId: "cus_9s6XKzkNRiz8i3",
          amountTotal: 4900,
          currency: "eur",
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
  replies: documented(() => ({ 200: Subscription() })),
  docs: documented(() => ({
    tag: "Billing",
    summary: "Fetch a subscription as Stripe last told of it",
    description: "The status is Stripe's own. Older news never takes the place of newer.",
    examples: {
      params: { subscriptionId: "sub_1MowQVLkdIwHu7ix" },
      replies: {
        200: { subscriptionId: "sub_1MowQVLkdIwHu7ix", customerId: "cus_9s6XKzkNRiz8i3", status: "active" },
      },
    },
  })),
}));
