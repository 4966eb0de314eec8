import { internal } from "../../_generated/api";
import { newSecret, seal } from "../../outgoing/seal.lib";
import { toDelivery, toEndpoint } from "../../views/endpoint.lib";
import type { Registry } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import { implement } from "../kit/implement.kit";
import * as contracts from "./endpoints.contract";

/** Seconds for which a replaced secret goes on signing, unless the caller says otherwise. */
const OVERLAP_SECONDS = 86_400;

export function endpoints(api: Registry): void {
  implement(api, contracts.listEndpoints, async (c) => {
    const { caller, page } = c.var;
    const args = { ownerId: caller.userId, ...page.request };
    const { docs, next } = await c.env.runQuery(internal.outgoing.endpoints.list, args);
    return c.json(docs.map(toEndpoint), 200, page.link(next));
  });

  implement(api, contracts.createEndpoint, async (c) => {
    const { caller, once } = c.var;
    const secret = newSecret();
    const fields = { caller, ...c.req.valid("json"), sealed: await seal(secret) };
    // The secret of a replay was shown by the request that made the endpoint.
    const shown: { secret?: string } = {};
    const made = await once(async (key) => {
      const created = await c.env.runMutation(internal.outgoing.endpoints.create, { ...fields, ...key });
      if (!created.replayed) shown.secret = secret;
      return created;
    });
    return c.json({ ...toEndpoint(made), ...shown }, 201, {
      Location: `/api/webhook-endpoints/${made._id}`,
      ...etag(made),
    });
  });

  implement(api, contracts.getEndpoint, async (c) => {
    const args = { ownerId: c.var.caller.userId, ...c.req.valid("param") };
    const found = await c.env.runQuery(internal.outgoing.endpoints.get, args);
    return c.json(toEndpoint(found), 200, etag(found));
  });

  implement(api, contracts.updateEndpoint, async (c) => {
    const { caller, ifMatch } = c.var;
    const args = { caller, ...c.req.valid("param"), ...c.req.valid("json"), ...(ifMatch && { ifMatch }) };
    const changed = await c.env.runMutation(internal.outgoing.endpoints.update, args);
    return c.json(toEndpoint(changed), 200, etag(changed));
  });

  implement(api, contracts.deleteEndpoint, async (c) => {
    const { caller, ifMatch } = c.var;
    const args = { caller, ...c.req.valid("param"), ...(ifMatch && { ifMatch }) };
    await c.env.runMutation(internal.outgoing.endpoints.remove, args);
    return c.body(null, 204);
  });

  implement(api, contracts.rotateSecret, async (c) => {
    const { overlapSeconds = OVERLAP_SECONDS } = c.req.valid("json");
    const secret = newSecret();
    const args = { caller: c.var.caller, ...c.req.valid("param"), overlapSeconds };
    const rotated = await c.env.runMutation(internal.outgoing.endpoints.rotateSecret, {
      ...args,
      sealed: await seal(secret),
    });
    return c.json({ ...toEndpoint(rotated), secret }, 200);
  });

  implement(api, contracts.testEndpoint, async (c) => {
    const args = { ownerId: c.var.caller.userId, ...c.req.valid("param") };
    return c.json(toDelivery(await c.env.runMutation(internal.outgoing.endpoints.test, args)), 202);
  });
}
