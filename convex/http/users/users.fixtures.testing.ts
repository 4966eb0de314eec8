import { as, type Call } from "../testing/engine.testing";
import type { Fixtures } from "../testing/fixtures.testing";
import { deleted, idOf, json } from "../testing/replies.testing";

let made = 0;
const grace = () => ({ name: "Grace", email: `grace${++made}@example.com` });
const user = (call: Call) => call("POST", "/api/users", grace());

export const fixtures: Fixtures = {
  resources: {
    "/api/users/:id": {
      belongsTo: "the deployment",
      some: async () => idOf(user(await as("root")), 201),
    },
  },
  owned: {
    usage: (ctx, ownerId) => ctx.db.insert("usage", { ownerId, resource: "keys", count: 1, bytes: 0 }),
  },
  bodies: { "POST /api/users": grace },
  lists: {
    "GET /api/users": {
      unique: true,
      filters: { email: ["one@lists.example.com", "Two@lists.example.com"] },
      make: (owner, { email }, n) =>
        idOf(owner("POST", "/api/users", { name: "N", email: email ?? `user${n}@lists.example.com` }), 201),
    },
  },
  changes: {
    "user.created": (call) => json(user(call), 201),
    "user.updated": async (call) =>
      json(call("PATCH", `/api/users/${await idOf(user(call), 201)}`, { name: "Ada" })),
    "user.deleted": async (call) => deleted(call, `/api/users/${await idOf(user(call), 201)}`),
  },
};
