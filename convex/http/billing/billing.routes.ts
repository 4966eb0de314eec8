import { internal } from "../../_generated/api";
import type { Doc } from "../../_generated/dataModel";
import type { Registry } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import type { Shape } from "../kit/contract.kit";
import { toTime } from "../kit/values.kit";
import { implement } from "../kit/implement.kit";
import { getPayment, getSubscription, type Payment, type Subscription } from "./billing.contract";

const toPayment = (doc: Doc<"payments">): Shape<typeof Payment> => ({
  sessionId: doc.sessionId,
  ...(doc.customerId !== undefined && { customerId: doc.customerId }),
  ...(doc.amountTotal !== undefined && { amountTotal: doc.amountTotal }),
  ...(doc.currency !== undefined && { currency: doc.currency }),
  ...(doc.paymentStatus !== undefined && { paymentStatus: doc.paymentStatus }),
  ...(doc.status !== undefined && { status: doc.status }),
  ...(doc.mode !== undefined && { mode: doc.mode }),
  ...(doc.clientReferenceId !== undefined && { clientReferenceId: doc.clientReferenceId }),
  ...(doc.subscriptionId !== undefined && { subscriptionId: doc.subscriptionId }),
});

const toSubscription = (doc: Doc<"subscriptions">): Shape<typeof Subscription> => ({
  subscriptionId: doc.subscriptionId,
  // Version 0.2.0 stored an empty string for an absent customer.
  ...(doc.customerId !== undefined && doc.customerId !== "" && { customerId: doc.customerId }),
  status: doc.status,
  ...(doc.currentPeriodEnd !== undefined && { currentPeriodEnd: toTime(doc.currentPeriodEnd) }),
  ...(doc.cancelAtPeriodEnd !== undefined && { cancelAtPeriodEnd: doc.cancelAtPeriodEnd }),
  ...(doc.canceledAt !== undefined && { canceledAt: toTime(doc.canceledAt) }),
  ...(doc.items !== undefined && { items: doc.items }),
});

export function billing(api: Registry): void {
  implement(api, getPayment, async (c) => {
    const payment = await c.env.runQuery(internal.payments.get, c.req.valid("param"));
    return c.json(toPayment(payment), 200, etag(payment));
  });

  implement(api, getSubscription, async (c) => {
    const subscription = await c.env.runQuery(internal.subscriptions.get, c.req.valid("param"));
    return c.json(toSubscription(subscription), 200, etag(subscription));
  });
}
