/**
 * The queues of the endpoints. An endpoint has at most one running action, which sends a few deliveries at a time, and the number
 * of running actions is limited. Slow endpoints share a limit of their own, so they never delay the others.
 */
import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { fail } from "../lib/failure.lib";

/** The most actions that send at the same time, to slow endpoints and to all others. */
const MOST_RUNNING = { slow: 16, fast: 48 };
/** Milliseconds after which an action that has not reported counts as dead. A batch takes a quarter of a minute at most. */
export const LEASE_MS = 60_000;

export type Sender = Doc<"webhookSenders">;

export const newSender = (endpointId: Id<"webhookEndpoints">) => ({
  endpointId,
  state: "idle" as const,
  slow: false,
  run: 0,
  pending: 0,
  failures: 0,
});

/** Returns the queue of an endpoint. Every endpoint has one. */
export async function senderOf(ctx: MutationCtx, endpointId: Id<"webhookEndpoints">): Promise<Sender> {
  const found = await ctx.db
    .query("webhookSenders")
    .withIndex("by_endpoint", (q) => q.eq("endpointId", endpointId))
    .unique();
  return found ?? fail("internal", `The endpoint ${endpointId} has no queue`);
}

/** Adds new pending deliveries to the count of a queue, and starts it. */
export async function addPending(
  ctx: MutationCtx,
  endpointId: Id<"webhookEndpoints">,
  count: number,
): Promise<void> {
  const sender = await senderOf(ctx, endpointId);
  await ctx.db.patch("webhookSenders", sender._id, { pending: sender.pending + count });
  await wakeUp(ctx, sender);
}

/** Starts an idle queue, and one whose action is dead. A running or waiting one finds new deliveries by itself. */
export async function wakeUp(ctx: MutationCtx, sender: Sender): Promise<void> {
  if (sender.state === "idle" || isDead(sender)) await startOrWait(ctx, sender);
}

/** A lease that ends later than a new one would was made before the clock was set back, so it counts as ended. */
const isDead = ({ state, dueAt = 0 }: Sender): boolean =>
  state === "running" && (dueAt <= Date.now() || dueAt > Date.now() + LEASE_MS);

/** Starts the action of a queue, or lets the queue wait if the maximum number of actions is running. */
export async function startOrWait(ctx: MutationCtx, { _id, endpointId, slow, run }: Sender): Promise<void> {
  if (!(await hasRoom(ctx, slow))) {
    await ctx.db.patch("webhookSenders", _id, { state: "waiting", dueAt: Date.now() });
    return;
  }
  await ctx.db.patch("webhookSenders", _id, {
    state: "running",
    run: run + 1,
    dueAt: Date.now() + LEASE_MS,
  });
  await ctx.scheduler.runAfter(0, internal.outgoing.send.run, { endpointId, run: run + 1 });
}

/** Starts the queue that has waited longest, unless the maximum number of actions is running. */
export async function startWaiting(ctx: MutationCtx, slow: boolean): Promise<boolean> {
  const waiting = await firstWaiting(ctx, slow);
  if (!waiting || !(await hasRoom(ctx, slow))) return false;
  await startOrWait(ctx, waiting);
  return true;
}

/** Returns the queue that has waited longest, or null if none waits. */
export const firstWaiting = (ctx: MutationCtx, slow: boolean): Promise<Sender | null> =>
  ctx.db
    .query("webhookSenders")
    .withIndex("by_state", (q) => q.eq("state", "waiting").eq("slow", slow))
    .first();

/** Returns whether fewer than the maximum number of actions are running. */
async function hasRoom(ctx: MutationCtx, slow: boolean): Promise<boolean> {
  const limit = slow ? MOST_RUNNING.slow : MOST_RUNNING.fast;
  const running = await ctx.db
    .query("webhookSenders")
    .withIndex("by_state", (q) => q.eq("state", "running").eq("slow", slow))
    .take(limit);
  return running.length < limit;
}
