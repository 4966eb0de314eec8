import { toTime } from "../lib/time.lib";
import type { Payment, Subscription } from "../webhooks/billing.lib";

/** Returns what the API shows of a payment. */
export const toPayment = (doc: Payment) => ({
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

/** Returns what the API shows of a subscription. */
export const toSubscription = (doc: Subscription) => ({
  subscriptionId: doc.subscriptionId,
  // Version 0.2.0 stored an empty string for an absent customer.
  ...(doc.customerId !== undefined && doc.customerId !== "" && { customerId: doc.customerId }),
  status: doc.status,
  ...(doc.currentPeriodEnd !== undefined && { currentPeriodEnd: toTime(doc.currentPeriodEnd) }),
  ...(doc.cancelAtPeriodEnd !== undefined && { cancelAtPeriodEnd: doc.cancelAtPeriodEnd }),
  ...(doc.canceledAt !== undefined && { canceledAt: toTime(doc.canceledAt) }),
  ...(doc.items !== undefined && { items: doc.items }),
});
