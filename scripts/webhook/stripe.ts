/** Imitates Stripe. The events hold the fields that the API reads, and some that it must ignore or hide. */
import { randomBytes, randomUUID } from "node:crypto";
import Stripe from "stripe";
import type { Make, Sender } from "./sender";

const event =
  (object: Record<string, unknown>): Make =>
  ({ id, type, now }) => ({
    id,
    object: "event",
    api_version: "2026-01-28.preview",
    created: Math.floor(now / 1000),
    type,
    livemode: false,
    data: { object },
  });

const session = (state: Record<string, unknown>) =>
  event({
    id: "cs_test_a1b2c3",
    object: "checkout.session",
    amount_total: 4900,
    currency: "eur",
    customer: "cus_9s6XKzkNRiz8i3",
    client_reference_id: "order_1042",
    client_secret: "cs_secret_x",
    mode: "payment",
    subscription: null,
    ...state,
  });

const subscription =
  (status: string): Make =>
  (made) =>
    event({
      id: "sub_1MowQVLkdIwHu7ix",
      object: "subscription",
      customer: "cus_9s6XKzkNRiz8i3",
      status,
      cancel_at_period_end: false,
      canceled_at: status === "canceled" ? Math.floor(made.now / 1000) : null,
      items: {
        object: "list",
        data: [
          {
            id: "si_NcLYdDxLHxlFo7",
            object: "subscription_item",
            current_period_end: Math.floor(made.now / 1000) + 30 * 24 * 60 * 60,
            price: { id: "price_1MowQULkdIwHu7ix", object: "price", product: "prod_NZKdYqrwEYx6iK" },
            quantity: 1,
          },
        ],
      },
    })(made);

/** A thin event: it names an object without the object's state, and its time is a string. */
const thin: Make = ({ id, type, now }) => ({
  id,
  object: "v2.core.event",
  type,
  livemode: false,
  created: new Date(now).toISOString(),
  related_object: { id: "mtr_123", type: "billing.meter", url: "/v1/billing/meters/mtr_123" },
});

export const stripe: Sender = {
  events: {
    "checkout.session.completed": session({ status: "complete", payment_status: "paid" }),
    "checkout.session.async_payment_succeeded": session({ status: "complete", payment_status: "paid" }),
    "checkout.session.async_payment_failed": session({ status: "complete", payment_status: "unpaid" }),
    "checkout.session.expired": session({ status: "expired", payment_status: "unpaid" }),
    "customer.subscription.created": subscription("incomplete"),
    "customer.subscription.updated": subscription("active"),
    "customer.subscription.paused": subscription("paused"),
    "customer.subscription.resumed": subscription("active"),
    "customer.subscription.deleted": subscription("canceled"),
    "v1.billing.meter.error_report_triggered": thin,
    "invoice.paid": event({ id: "in_1MtHbELkdIwHu7ix", object: "invoice" }),
  },
  headers({ body, secret, now }) {
    const timestamp = Math.floor(now / 1000);
    const header = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
    return { "Stripe-Signature": header };
  },
  headerExamples: {
    "Stripe-Signature": "t=1769860800,v1=2f8a54c1b09e4d7766e1a3c59b8d0f4e7c1a2b3d4e5f60718293a4b5c6d7e8f9",
  },
  freshId: () => `evt_${randomUUID().replaceAll("-", "").slice(0, 24)}`,
  newSecret: () => `whsec_${randomBytes(24).toString("hex")}`,
};
