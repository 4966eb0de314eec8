import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { REVOKED } from "./viewer.lib";
import { senderOf } from "./sender.lib";

/**
 * Disables an endpoint. It gets no more events, and its pending deliveries fail. They can be retried once it is enabled again.
 *
 * @param reason Why, for the owner. Undefined if the owner disables it.
 */
export async function disableEndpoint(
  ctx: MutationCtx,
  endpoint: Doc<"webhookEndpoints">,
  reason: string | undefined,
): Promise<void> {
  if (!endpoint.enabled) return;
  await ctx.db.patch("webhookEndpoints", endpoint._id, {
    enabled: false,
    disabledReason: reason,
    revision: endpoint.revision + 1,
  });
  const sender = await senderOf(ctx, endpoint._id);
  // The lane that serves the queue records what it is sending, and sends nothing more.
  await ctx.db.patch("webhookSenders", sender._id, {
    state: "idle",
    lane: undefined,
    dueAt: undefined,
    failures: 0,
    failingSince: undefined,
  });
  await ctx.scheduler.runAfter(0, internal.outgoing.cleanUp.failPending, { endpointId: endpoint._id });
}

/** Disables the endpoints that a key made, because the key was revoked. */
export async function disableEndpointsOf(ctx: MutationCtx, keyId: Id<"apiKeys">): Promise<void> {
  for (const endpoint of await endpointsOf(ctx, keyId)) await disableEndpoint(ctx, endpoint, REVOKED);
}

/** Lets the endpoints of a rotated key belong to the key that replaces it. */
export async function moveEndpoints(ctx: MutationCtx, from: Id<"apiKeys">, to: Id<"apiKeys">): Promise<void> {
  for (const { _id, revision } of await endpointsOf(ctx, from))
    await ctx.db.patch("webhookEndpoints", _id, { keyId: to, revision: revision + 1 });
}

const endpointsOf = (ctx: MutationCtx, keyId: Id<"apiKeys">) =>
  ctx.db
    .query("webhookEndpoints")
    .withIndex("by_key_id", (q) => q.eq("keyId", keyId))
    .collect();

/** Deletes an endpoint with its queue. Its deliveries follow in scheduled batches. */
export async function deleteEndpoint(ctx: MutationCtx, endpoint: Doc<"webhookEndpoints">): Promise<void> {
  const sender = await senderOf(ctx, endpoint._id);
  await ctx.db.delete("webhookSenders", sender._id);
  await ctx.db.delete("webhookEndpoints", endpoint._id);
  await ctx.scheduler.runAfter(0, internal.outgoing.cleanUp.deleteDeliveries, { endpointId: endpoint._id });
}
