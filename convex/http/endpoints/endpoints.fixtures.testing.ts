import type { Id } from "../../_generated/dataModel";
import type { MutationCtx } from "../../_generated/server";
import { settle, type Call } from "../testing/engine.testing";
import type { Fixtures } from "../testing/fixtures.testing";
import { idOf, json } from "../testing/replies.testing";

/** No program listens on this port, so the suites send nothing. */
const ENDPOINT = { url: "http://127.0.0.1:65535/webhooks", events: ["job.*"] };

const endpoint = (owner: Call) => idOf(owner("POST", "/api/webhook-endpoints", ENDPOINT), 201);

/** Creates a delivery to an endpoint. Returns its id. */
const delivery = (owner: Call, path: string) => idOf(owner("POST", `${path}/test`), 202);

/** Lets the pending deliveries of an endpoint fail: those of a disabled endpoint do. */
async function failPending(owner: Call, path: string): Promise<void> {
  await owner("PATCH", path, { enabled: false });
  await settle();
  await owner("PATCH", path, { enabled: true });
}

/** The last failed delivery of each user. */
const failed = new Map<string, string>();

/** Returns a failed delivery. Reuses the last one until a test retries it, because the sender ends some time after a delivery. */
async function failedDelivery(owner: Call): Promise<string> {
  const last = failed.get(owner.userId);
  if (last !== undefined) {
    const reply = await owner("GET", `/api/webhook-deliveries/${last}`);
    if (reply.status === 200 && (await json(reply, 200))["status"] === "failed") return last;
  }
  const path = `/api/webhook-endpoints/${await endpoint(owner)}`;
  const id = await delivery(owner, path);
  await failPending(owner, path);
  failed.set(owner.userId, id);
  return id;
}

async function insertEndpoint(ctx: MutationCtx, ownerId: Id<"users">): Promise<Id<"webhookEndpoints">> {
  const address = { url: "https://partner.example.com", events: ["*"], enabled: false, deployment: true };
  const id = await ctx.db.insert("webhookEndpoints", { ownerId, ...address, secrets: [], revision: 1 });
  const idle = { state: "idle" as const, slow: false, pending: 0, failures: 0 };
  await ctx.db.insert("webhookSenders", { endpointId: id, ...idle });
  return id;
}

const insertEvent = (ctx: MutationCtx, ownerId: Id<"users">): Promise<Id<"outgoingEvents">> =>
  ctx.db.insert("outgoingEvents", { type: "ping", ownerId, data: "{}", time: 0, purgeAt: 1e15 });

export const fixtures: Fixtures = {
  owned: {
    webhookEndpoints: insertEndpoint,
    outgoingEvents: insertEvent,
    webhookDeliveries: async (ctx, ownerId) => {
      const [endpointId, eventId] = [await insertEndpoint(ctx, ownerId), await insertEvent(ctx, ownerId)];
      const pending = { status: "pending" as const, attempts: [], tries: 0, revision: 1 };
      await ctx.db.insert("webhookDeliveries", { ownerId, endpointId, eventId, type: "ping", ...pending });
    },
  },
  // A generated text is not an address that can receive webhooks.
  neverAccepted: ["POST /api/webhook-endpoints", "PATCH /api/webhook-endpoints/:id"],
  resources: {
    "/api/webhook-endpoints/:id": { belongsTo: "its owner", of: endpoint },
    "/api/webhook-deliveries/:id": { belongsTo: "its owner", of: failedDelivery },
  },
  bodies: { "POST /api/webhook-endpoints": () => ENDPOINT },
  scopeNames: { "webhook-endpoints": "endpoints", "webhook-deliveries": "endpoints" },
  lists: {
    "GET /api/webhook-endpoints": { make: endpoint },
    "GET /api/webhook-endpoints/:id/deliveries": {
      filters: { status: ["failed", "pending"] },
      path: async (owner) => `/api/webhook-endpoints/${await endpoint(owner)}/deliveries`,
      make: async (owner, { status }, _, list) => {
        const path = list.replace("/deliveries", "");
        const id = await delivery(owner, path);
        if (status === "failed") await failPending(owner, path);
        return id;
      },
    },
  },
};
