/** Events as Stripe, Clerk and GitHub send them, cut down to the members that matter and a few that must not. */
import type { WebhookSource } from "./sign";

/** The body of an event, before it is JSON. `now` is in milliseconds. */
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

const subscription = (status: string) =>
  stripe({ id: "sub_1MowQVLkdIwHu7ix", object: "subscription", customer: "cus_9s6XKzkNRiz8i3", status });

const clerkUser = {
  id: "user_29w83sxmDNGwOuEthce5gg56FcC",
  object: "user",
  first_name: "Ada",
  last_name: "Lovelace",
  primary_email_address_id: "idn_29w83yL7CwVlJXylYLxcslromF1",
  email_addresses: [
    {
      id: "idn_29w83yL7CwVlJXylYLxcslromF1",
      email_address: "ada@example.org",
      verification: { status: "verified", strategy: "email_code" },
    },
  ],
  private_metadata: { note: "nobody's business" },
};

const clerk =
  (data: Record<string, unknown>): Make =>
  ({ type, now }) => ({ object: "event", type, timestamp: now, data: { ...data, updated_at: now } });

const repository = { id: 1, full_name: "octo-org/octo-repo" };
const sender = { login: "octocat" };

/** What can be sent, by source and type. */
export const EVENTS: Record<WebhookSource, Record<string, Make>> = {
  stripe: {
    "checkout.session.completed": stripe({
      id: "cs_test_a1b2c3",
      object: "checkout.session",
      amount_total: 4900,
      currency: "eur",
      customer: "cus_9s6XKzkNRiz8i3",
      client_secret: "cs_secret_x",
    }),
    "customer.subscription.created": subscription("incomplete"),
    "customer.subscription.updated": subscription("active"),
    "customer.subscription.deleted": subscription("canceled"),
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
