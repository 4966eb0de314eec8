/** The endpoints of partners: who gets events, and where. */
import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import { internalMutation, internalQuery, type QueryCtx } from "../_generated/server";
import { caller } from "../identity/caller.lib";
import { currentScopes } from "../identity/currentScopes.lib";
import { actorOf, recordAct } from "../lib/audit.lib";
import { endpointQuota, webhookAllowHttp } from "../lib/env.lib";
import { fail, failField } from "../lib/failure.lib";
import { idempotencyArg, once, onceOf } from "../lib/idempotency.lib";
import { getOwned, listOwned } from "../lib/owned.lib";
import { pageArgs, pageOf } from "../lib/page.lib";
import { readBack } from "../lib/readBack.lib";
import { ifMatch, requireRevision } from "../lib/revision.lib";
import { refusalOf } from "./address.lib";
import { insertDelivery } from "./delivery.lib";
import { recordEvent } from "./emit.lib";
import { deleteEndpoint, disableEndpoint } from "./endpoint.lib";
import { PING, subscribesToDeployment } from "./eventTypes.lib";
import { addPending, newSender } from "./sender.lib";
import schema from "../schema";

/** An endpoint without its secrets, which no reply and no idempotency record may hold. */
const endpoint = schema.doc("webhookEndpoints").omit("secrets");
const withoutSecrets = ({
  secrets: _,
  ...rest
}: Doc<"webhookEndpoints">): Omit<Doc<"webhookEndpoints">, "secrets"> => rest;
const endpointRef = { caller, id: v.string() };

export const get = internalQuery({
  args: { ownerId: v.id("users"), id: v.string() },
  returns: endpoint,
  handler: async (ctx, { ownerId, id }) =>
    withoutSecrets(await getOwned(ctx, "webhookEndpoints", ownerId, id)),
});

export const list = internalQuery({
  args: { ownerId: v.id("users"), ...pageArgs },
  returns: pageOf(endpoint),
  handler: async (ctx, { ownerId, ...page }) => {
    const { docs, ...rest } = await listOwned(ctx, "webhookEndpoints", ownerId, page);
    return { docs: docs.map(withoutSecrets), ...rest };
  },
});

/** Registers an address. `sealed` is the signing secret as it is stored. */
export const create = internalMutation({
  args: {
    caller,
    url: v.string(),
    events: v.array(v.string()),
    description: v.optional(v.string()),
    enabled: v.optional(v.boolean()),
    sealed: v.string(),
    ...idempotencyArg,
  },
  returns: onceOf(endpoint),
  handler: async (ctx, { caller, idempotency, sealed, enabled = true, ...fields }) =>
    once(ctx, idempotency, async () => {
      const { userId: ownerId, key } = caller;
      requireAddress(fields.url);
      await requireQuota(ctx, ownerId);
      const id = await ctx.db.insert("webhookEndpoints", {
        ...fields,
        ownerId,
        ...(key && { keyId: key.id }),
        enabled,
        deployment: subscribesToDeployment(fields.events),
        secrets: [{ sealed }],
        revision: 1,
      });
      await ctx.db.insert("webhookSenders", newSender(id));
      await recordAct(ctx, "endpoint.created", id, actorOf(caller));
      return withoutSecrets(await readBack(ctx, "webhookEndpoints", id));
    }),
});

/**
 * Changes the given fields; a `description` of null removes it. The endpoint then belongs to the caller's credential, whose scopes
 * decide what it gets: a key must not send itself what it may not read.
 */
export const update = internalMutation({
  args: {
    ...endpointRef,
    ifMatch,
    url: v.optional(v.string()),
    events: v.optional(v.array(v.string())),
    description: v.optional(v.union(v.string(), v.null())),
    enabled: v.optional(v.boolean()),
  },
  returns: endpoint,
  handler: async (ctx, { caller, id, ifMatch: expected, url, events, description, enabled }) => {
    const found = await getOwned(ctx, "webhookEndpoints", caller.userId, id);
    requireRevision(found, expected);
    // The caller was admitted before it sent its body: its key may be revoked by now.
    await currentScopes(ctx, caller);
    if (url !== undefined) requireAddress(url);
    await ctx.db.patch("webhookEndpoints", found._id, {
      keyId: caller.key?.id,
      ...(url !== undefined && { url }),
      ...(events !== undefined && { events, deployment: subscribesToDeployment(events) }),
      ...(description !== undefined && { description: description ?? undefined }),
      ...(enabled === true && { enabled, disabledReason: undefined }),
      revision: found.revision + 1,
    });
    await recordAct(ctx, "endpoint.updated", found._id, actorOf(caller));
    const changed = await readBack(ctx, "webhookEndpoints", found._id);
    if (enabled === false) await disableEndpoint(ctx, changed, undefined);
    return withoutSecrets(await readBack(ctx, "webhookEndpoints", found._id));
  },
});

export const remove = internalMutation({
  args: { ...endpointRef, ifMatch },
  returns: v.null(),
  handler: async (ctx, { caller, id, ifMatch: expected }) => {
    const found = await getOwned(ctx, "webhookEndpoints", caller.userId, id);
    requireRevision(found, expected);
    await deleteEndpoint(ctx, found);
    await recordAct(ctx, "endpoint.deleted", found._id, actorOf(caller));
    return null;
  },
});

/** Replaces the signing secret. During the overlap, each delivery has a signature with each secret. */
export const rotateSecret = internalMutation({
  args: { ...endpointRef, overlapSeconds: v.number(), sealed: v.string() },
  returns: endpoint,
  handler: async (ctx, { caller, id, overlapSeconds, sealed }) => {
    const found = await getOwned(ctx, "webhookEndpoints", caller.userId, id);
    // A key that was revoked while it sent its body must not get a secret.
    await currentScopes(ctx, caller);
    const now = Date.now();
    const end = now + overlapSeconds * 1000;
    const old = found.secrets
      .map((secret) => ({ ...secret, expiresAt: Math.min(end, secret.expiresAt ?? end) }))
      .filter(({ expiresAt }) => expiresAt > now);
    await ctx.db.patch("webhookEndpoints", found._id, {
      secrets: [{ sealed }, ...old].slice(0, MAX_SECRETS),
      revision: found.revision + 1,
    });
    await recordAct(ctx, "endpoint.secret_rotated", found._id, actorOf(caller));
    return withoutSecrets(await readBack(ctx, "webhookEndpoints", found._id));
  },
});

/** The most secrets that sign a delivery. A client that did not receive the reply may rotate again during the overlap. */
const MAX_SECRETS = 5;

/** Sends a `ping` at once, whatever the endpoint subscribes to. */
export const test = internalMutation({
  args: { ownerId: v.id("users"), id: v.string() },
  returns: schema.doc("webhookDeliveries"),
  handler: async (ctx, { ownerId, id }) => {
    const found = await getOwned(ctx, "webhookEndpoints", ownerId, id);
    if (!found.enabled) fail("conflict", "The endpoint is disabled");
    const data = JSON.stringify({ id: found._id });
    const eventId = await recordEvent(ctx, { type: PING, data, ownerId });
    const deliveryId = await insertDelivery(ctx, found, { _id: eventId, type: PING });
    await addPending(ctx, found._id);
    return readBack(ctx, "webhookDeliveries", deliveryId);
  },
});

/** Refuses with `quota_exceeded` if the owner has as many endpoints as `QUOTA_ENDPOINTS` allows. */
async function requireQuota(ctx: QueryCtx, ownerId: Id<"users">): Promise<void> {
  const limit = endpointQuota();
  if (limit === 0) return;
  const own = await ctx.db
    .query("webhookEndpoints")
    .withIndex("by_owner", (q) => q.eq("ownerId", ownerId))
    .take(limit);
  if (own.length === limit) fail("quota_exceeded", `An owner has at most ${limit} webhook endpoints`);
}

function requireAddress(url: string): void {
  const message = refusalOf(url, webhookAllowHttp());
  if (message !== undefined) failField({ in: "body", path: "url", message });
}
