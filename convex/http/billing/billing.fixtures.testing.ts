import { internal } from "../../_generated/api";
import { run } from "../testing/engine.testing";
import type { Fixtures } from "../testing/fixtures.testing";
import { json } from "../testing/replies.testing";
import { processed } from "../testing/webhooks.testing";

const version = (n: number) => ({ time: n, rank: 0, eventId: `evt_${n}` });

export const fixtures: Fixtures = {
  resources: {
    "/api/payments/:sessionId": {
      belongsTo: "the deployment",
      some: async () => {
        const paid = { sessionId: "cs_1", version: version(0) };
        await run("mutation", internal.payments.handleCheckoutComplete, paid);
        return "cs_1";
      },
    },
    "/api/subscriptions/:subscriptionId": {
      belongsTo: "the deployment",
      some: async () => {
        const subscribed = { subscriptionId: "sub_1", customerId: "cus_1", status: "active" };
        await run("mutation", internal.subscriptions.handleUpdate, { ...subscribed, version: version(0) });
        return "sub_1";
      },
    },
  },
  scopeNames: { payments: "billing", subscriptions: "billing" },
  lists: {
    "GET /api/payments": {
      id: "sessionId",
      filters: { customerId: ["cus_1", "cus_2"], paymentStatus: ["paid", "unpaid"] },
      make: async (_, { customerId, paymentStatus }, n) => {
        await run("mutation", internal.payments.handleCheckoutComplete, {
          sessionId: `cs_list_${n}`,
          ...(customerId !== undefined && { customerId }),
          ...(paymentStatus !== undefined && { paymentStatus: paymentStatus as "paid" | "unpaid" }),
          version: version(n),
        });
        return `cs_list_${n}`;
      },
    },
    "GET /api/subscriptions": {
      id: "subscriptionId",
      filters: { customerId: ["cus_1", "cus_2"], status: ["active", "past_due"] },
      make: async (_, { customerId, status = "trialing" }, n) => {
        await run("mutation", internal.subscriptions.handleUpdate, {
          subscriptionId: `sub_list_${n}`,
          ...(customerId !== undefined && { customerId }),
          status,
          version: version(n),
        });
        return `sub_list_${n}`;
      },
    },
  },
  changes: {
    "payment.updated": async (call) => {
      await processed("stripe", "checkout.session.completed");
      return json(call("GET", "/api/payments/cs_test_a1b2c3"));
    },
    "subscription.updated": async (call) => {
      await processed("stripe", "customer.subscription.updated");
      return json(call("GET", "/api/subscriptions/sub_1MowQVLkdIwHu7ix"));
    },
  },
};
