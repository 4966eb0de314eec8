import { internal } from "../../_generated/api";
import type { Doc } from "../../_generated/dataModel";
import { newApiKey } from "../../identity/apiKey.lib";
import { revisionOf } from "../../lib/revision.lib";
import { toKey } from "../../views/key.lib";
import type { Registry } from "../kit/api.kit";
import { etag } from "../kit/conditional.kit";
import { implement } from "../kit/implement.kit";
import { createKey, getKey, listKeys, revokeKey, rotateKey, updateKey } from "./keys.contract";

const keyEtag = (key: Doc<"apiKeys">) => etag({ revision: revisionOf(key) });

export function keys(api: Registry): void {
  implement(api, listKeys, async (c) => {
    const { caller, page } = c.var;
    const { docs, next } = await c.env.runQuery(internal.apiKeys.list, {
      ownerId: caller.userId,
      ...page.request,
    });
    return c.json(docs.map(toKey), 200, page.link(next));
  });

  implement(api, createKey, async (c) => {
    const { caller, once } = c.var;
    const { expiresAt, ...wanted } = c.req.valid("json");
    const { key, ...fresh } = await newApiKey();
    const record = {
      caller,
      ...wanted,
      ...(expiresAt !== undefined && { expiresAt: Date.parse(expiresAt) }),
      ...fresh,
    };
    const made = await once((idempotency) =>
      c.env.runMutation(internal.apiKeys.create, { ...record, ...idempotency }),
    );
    // The first request has shown the key. A replay cannot show it, because only its hash is stored.
    const shown = made.hash === fresh.hash ? { key } : {};
    return c.json({ ...toKey(made), ...shown }, 201, {
      Location: `/api/keys/${made._id}`,
      ...keyEtag(made),
    });
  });

  implement(api, getKey, async (c) => {
    const key = await c.env.runQuery(internal.apiKeys.get, {
      ownerId: c.var.caller.userId,
      keyId: c.req.valid("param").id,
    });
    return c.json(toKey(key), 200, keyEtag(key));
  });

  implement(api, updateKey, async (c) => {
    const { caller, ifMatch } = c.var;
    const { expiresAt, ...fields } = c.req.valid("json");
    const key = await c.env.runMutation(internal.apiKeys.update, {
      caller,
      keyId: c.req.valid("param").id,
      ...fields,
      ...(expiresAt !== undefined && { expiresAt: expiresAt === null ? null : Date.parse(expiresAt) }),
      ...(ifMatch && { ifMatch }),
    });
    return c.json(toKey(key), 200, keyEtag(key));
  });

  implement(api, revokeKey, async (c) => {
    const { caller, ifMatch } = c.var;
    await c.env.runMutation(internal.apiKeys.revoke, {
      caller,
      keyId: c.req.valid("param").id,
      ...(ifMatch && { ifMatch }),
    });
    return c.body(null, 204);
  });

  implement(api, rotateKey, async (c) => {
    const { caller } = c.var;
    const { key, ...fresh } = await newApiKey();
    const made = await c.env.runMutation(internal.apiKeys.rotate, {
      caller,
      keyId: c.req.valid("param").id,
      overlapSeconds: c.req.valid("json").overlapSeconds ?? 0,
      ...fresh,
    });
    return c.json({ ...toKey(made), key }, 200);
  });
}
