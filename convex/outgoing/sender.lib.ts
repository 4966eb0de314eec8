/** The queues of the endpoints. Each endpoint has one. */
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { fail } from "../lib/failure.lib";
import { Lanes } from "./lane.lib";

export type Sender = Doc<"webhookSenders">;

export const newSender = (endpointId: Id<"webhookEndpoints">) => ({
  endpointId,
  state: "idle" as const,
  slow: false,
  pending: 0,
  failures: 0,
});

/** Returns the queue of an endpoint. Every endpoint has one. */
export async function senderOf(ctx: MutationCtx, endpointId: Id<"webhookEndpoints">): Promise<Sender> {
  return (await findSender(ctx, endpointId)) ?? fail("internal", `The endpoint ${endpointId} has no queue`);
}

/** Returns the queue of an endpoint that may have been deleted. */
export const findSender = (ctx: MutationCtx, endpointId: Id<"webhookEndpoints">): Promise<Sender | null> =>
  ctx.db
    .query("webhookSenders")
    .withIndex("by_endpoint", (q) => q.eq("endpointId", endpointId))
    .unique();

/** Adds a new pending delivery to the count of a queue, and starts it. */
export async function addPending(ctx: MutationCtx, endpointId: Id<"webhookEndpoints">): Promise<void> {
  await wakeUp(ctx, [{ sender: await senderOf(ctx, endpointId), added: 1 }]);
}

/** Lets queues wait for a lane, and starts one. A queue that a lane serves finds its new deliveries by itself. */
export async function wakeUp(
  ctx: MutationCtx,
  queues: Iterable<{ sender: Sender; added: number }>,
): Promise<void> {
  const lanes = new Lanes(ctx);
  const kinds = new Set<boolean>();
  for (const { sender, added } of queues) {
    const { _id, state, slow } = sender;
    const served = await lanes.serves(sender);
    if (!served) kinds.add(slow);
    await ctx.db.patch("webhookSenders", _id, {
      pending: sender.pending + added,
      ...(!served && state !== "waiting" && { state: "waiting", lane: undefined, dueAt: Date.now() }),
    });
  }
  for (const slow of kinds) await lanes.start(slow);
}
