/** Sample events of Stripe, Clerk and GitHub. They hold the fields that the API reads, and some that it must ignore or hide. */
import type { WebhookSource } from "./sign";

/** Creates the JSON value of an event. `now` is in milliseconds since the epoch. */
export type Make = (event: { id: string; type: string; now: number }) => unknown;

const stripe =
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
  stripe({
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
  (event) =>
    stripe({
      id: "sub_1MowQVLkdIwHu7ix",
      object: "subscription",
      customer: "cus_9s6XKzkNRiz8i3",
      status,
      cancel_at_period_end: false,
      canceled_at: status === "canceled" ? Math.floor(event.now / 1000) : null,
      items: {
        object: "list",
        data: [
          {
            id: "si_NcLYdDxLHxlFo7",
            object: "subscription_item",
            current_period_end: Math.floor(event.now / 1000) + 30 * 24 * 60 * 60,
            price: { id: "price_1MowQULkdIwHu7ix", object: "price", product: "prod_NZKdYqrwEYx6iK" },
            quantity: 1,
          },
        ],
      },
    })(event);

/** A thin event: it names an object without the object's state, and its time is a string. */
const thin: Make = ({ id, type, now }) => ({
  id,
  object: "v2.core.event",
  type,
  livemode: false,
  created: new Date(now).toISOString(),
  related_object: { id: "mtr_123", type: "billing.meter", url: "/v1/billing/meters/mtr_123" },
});

const clerkUser = {
  id: "user_29w83sxmDNGwOuEthce5gg56FcC",
  object: "user",
  first_name: "Ada",
  last_name: "Lovelace",
  username: "ada",
  banned: false,
  locked: false,
  primary_email_address_id: "idn_29w83yL7CwVlJXylYLxcslromF1",
  email_addresses: [
    {
      id: "idn_29w83yL7CwVlJXylYLxcslromF1",
      email_address: "ada@example.org",
      verification: { status: "verified", strategy: "email_code" },
    },
  ],
  private_metadata: { note: "private" },
};

const clerk =
  (data: Record<string, unknown>): Make =>
  ({ type, now }) => ({ object: "event", type, timestamp: now, data: { ...data, updated_at: now } });

const repository = { id: 1, full_name: "octo-org/octo-repo" };
const sender = { login: "octocat" };

/** The events that can be sent, by source and type. */
export const EVENTS: Record<WebhookSource, Record<string, Make>> = {
  stripe: {
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
    "invoice.paid": stripe({ id: "in_1MtHbELkdIwHu7ix", object: "invoice" }),
  },
  clerk: {
    "user.created": clerk(clerkUser),
    "user.updated": clerk({ ...clerkUser, last_name: "King" }),
    "user.deleted": clerk({ id: clerkUser.id, object: "user", deleted: true }),
    "session.created": clerk({ id: "sess_1", object: "session" }),
  },
  github: {
    ping: () => ({ zen: "Keep it logically awesome.", hook_id: 1, repository, sender }),
    push: () => ({ ref: "refs/heads/main", repository, sender, commits: [] }),
    issues: () => ({ action: "opened", issue: { number: 1 }, repository, sender }),
    pull_request: () => ({ action: "closed", number: 2, repository, sender }),
    release: () => ({ action: "published", release: { tag_name: "v1" }, repository, sender }),
  },
};
