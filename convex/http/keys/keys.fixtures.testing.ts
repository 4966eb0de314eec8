import type { Call } from "../testing/engine.testing";
import type { Fixtures } from "../testing/fixtures.testing";
import { idOf, json, page, type Json } from "../testing/replies.testing";

const key = (owner: Call) => owner("POST", "/api/keys", { name: "partner", scopes: ["keys:read"] });

const withoutSecret = ({ key: _, ...shown }: Json) => shown;

const NEEDS_SCOPES_OF_KEYS = /This credential cannot (hand out|(revoke|change) a key with) the scope/;

export const fixtures: Fixtures = {
  resources: {
    "/api/keys/:id": { belongsTo: "its owner", of: (owner) => idOf(key(owner), 201) },
  },
  owned: {
    apiKeys: (ctx, userId) =>
      ctx.db.insert("apiKeys", { userId, name: "ci", publicId: "", hash: "", scopes: [], createdAt: 0 }),
  },
  // Granting scopes and revoking keys also needs the scopes of the affected keys.
  needMoreThanScope: {
    "POST /api/keys": NEEDS_SCOPES_OF_KEYS,
    "PATCH /api/keys/:id": NEEDS_SCOPES_OF_KEYS,
    "DELETE /api/keys/:id": NEEDS_SCOPES_OF_KEYS,
    "POST /api/keys/:id/rotate": NEEDS_SCOPES_OF_KEYS,
  },
  lists: {
    "GET /api/keys": {
      filters: { status: ["active", "revoked"] },
      make: async (owner, { status }) => {
        const id = await idOf(key(owner), 201);
        if (status === "revoked") await owner("DELETE", `/api/keys/${id}`);
        return id;
      },
    },
  },
  changes: {
    "key.created": async (call) => withoutSecret(await json(key(call), 201)),
    "key.rotated": async (call) =>
      withoutSecret(await json(call("POST", `/api/keys/${await idOf(key(call), 201)}/rotate`))),
    "key.revoked": async (call) => {
      const id = await idOf(key(call), 201);
      await call("DELETE", `/api/keys/${id}`);
      return (await page(call("GET", "/api/keys?limit=100"))).find((one) => one["id"] === id);
    },
  },
};
