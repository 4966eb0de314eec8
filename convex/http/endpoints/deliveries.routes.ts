import { internal } from "../../_generated/api";
import { toDelivery } from "../../views/endpoint.lib";
import type { Registry } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import type { Shape } from "../kit/contract.kit";
import { implement } from "../kit/implement.kit";
import { getDelivery, listDeliveries, retryDelivery, type WholeDelivery } from "./deliveries.contract";

export function deliveries(api: Registry): void {
  implement(api, listDeliveries, async (c) => {
    const { caller, page } = c.var;
    const { docs, next } = await c.env.runQuery(internal.outgoing.deliveries.list, {
      ownerId: caller.userId,
      endpointId: c.req.valid("param").id,
      ...page.request,
    });
    return c.json(docs.map(toDelivery), 200, page.link(next));
  });

  implement(api, getDelivery, async (c) => {
    const args = { caller: c.var.caller, ...c.req.valid("param") };
    const { delivery, payload } = await c.env.runQuery(internal.outgoing.deliveries.get, args);
    const { lastReply } = delivery;
    const shown: Shape<typeof WholeDelivery> = {
      ...toDelivery(delivery),
      ...(payload !== undefined && { payload: JSON.parse(payload) as Payload }),
      ...(lastReply !== undefined && { lastReply }),
    };
    return c.json(shown, 200, etag(delivery));
  });

  implement(api, retryDelivery, async (c) => {
    const args = { ownerId: c.var.caller.userId, ...c.req.valid("param") };
    return c.json(toDelivery(await c.env.runMutation(internal.outgoing.deliveries.retry, args)), 202);
  });
}

/** The body of a webhook, as `bodyOf` writes it. */
type Payload = NonNullable<Shape<typeof WholeDelivery>["payload"]>;
