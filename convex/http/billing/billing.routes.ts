import { internal } from "../../_generated/api";
import { toPayment, toSubscription } from "../../views/billing.lib";
import type { Registry } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import { implement } from "../kit/implement.kit";
import { getPayment, getSubscription, listPayments, listSubscriptions } from "./billing.contract";

export function billing(api: Registry): void {
  implement(api, listPayments, async (c) => {
    const { page } = c.var;
    const { docs, next } = await c.env.runQuery(internal.payments.list, page.request);
    return c.json(docs.map(toPayment), 200, page.link(next));
  });

  implement(api, listSubscriptions, async (c) => {
    const { page } = c.var;
    const { docs, next } = await c.env.runQuery(internal.subscriptions.list, page.request);
    return c.json(docs.map(toSubscription), 200, page.link(next));
  });

  implement(api, getPayment, async (c) => {
    const payment = await c.env.runQuery(internal.payments.get, c.req.valid("param"));
    return c.json(toPayment(payment), 200, etag(payment));
  });

  implement(api, getSubscription, async (c) => {
    const subscription = await c.env.runQuery(internal.subscriptions.get, c.req.valid("param"));
    return c.json(toSubscription(subscription), 200, etag(subscription));
  });
}
