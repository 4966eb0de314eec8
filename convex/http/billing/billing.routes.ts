import { internal } from "../../_generated/api";
import type { Api } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import { implement } from "../kit/implement.kit";
import { getPayment, getSubscription } from "./billing.contract";

export function billing(api: Api): void {
  implement(api, getPayment, async (c) => {
    const payment = await c.env.runQuery(internal.payments.get, c.req.valid("param"));
    const { sessionId, customerId, amountTotal, currency } = payment;
    return c.json(
      {
        sessionId,
        ...(customerId !== undefined && { customerId }),
        ...(amountTotal !== undefined && { amountTotal }),
        ...(currency !== undefined && { currency }),
      },
      200,
      etag(payment),
    );
  });

  implement(api, getSubscription, async (c) => {
    const subscription = await c.env.runQuery(internal.subscriptions.get, c.req.valid("param"));
    const { subscriptionId, customerId, status } = subscription;
    return c.json({ subscriptionId, customerId, status }, 200, etag(subscription));
  });
}
