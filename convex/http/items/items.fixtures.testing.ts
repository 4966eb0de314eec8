import type { Call } from "../testing/engine.testing";
import type { Fixtures } from "../testing/fixtures.testing";
import { deleted, idOf, json } from "../testing/replies.testing";

const item = (owner: Call, name = "bolt") => owner("POST", "/api/items", { name });

export const fixtures: Fixtures = {
  resources: {
    "/api/items/:itemId": { belongsTo: "its owner", of: (owner) => idOf(item(owner), 201) },
  },
  owned: {
    items: (ctx, ownerId) => ctx.db.insert("items", { ownerId, name: "bolt", updatedAt: 0, revision: 1 }),
  },
  lists: {
    "GET /api/items": { make: (owner, _, n) => idOf(item(owner, `item ${n}`), 201) },
  },
  changes: {
    "item.created": (call) => json(item(call), 201),
    "item.updated": async (call) =>
      json(call("PATCH", `/api/items/${await idOf(item(call), 201)}`, { name: "nut" })),
    "item.deleted": async (call) => deleted(call, `/api/items/${await idOf(item(call), 201)}`),
  },
};
