/** The steps of the lanes. The action of a lane (`send.ts`) calls `next` again and again. */
import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalMutation, type MutationCtx } from "../_generated/server";
import { FAN_OUT_LEASE_MS } from "./emit.lib";
import { Lanes, renew, rest } from "./lane.lib";
import { findSender, wakeUp, type Sender } from "./sender.lib";
import { batch, served, Turn, type Batch } from "./turn.lib";

/** Milliseconds after which an action with free places asks for more, although no request has ended. Slow endpoints can wait. */
const POLL_MS = { fast: 100, slow: 1_000 };
/**
 * The action of a busy lane takes a turn each time this many milliseconds have passed, and ends after as long a wait without deliveries.
 * Otherwise each event would start an action, and each delivery would take two turns.
 */
const [PACE_MS, LINGER_MS] = [100, 300];
/** Queues of one kind that a sweep examines in one transaction. */
const SWEPT = 50;

/** Records what a lane has sent, and returns what it sends now. Returns null if it takes no more turns. */
export const next = internalMutation({
  args: {
    laneId: v.id("webhookLanes"),
    run: v.number(),
    served: v.array(served),
    /** The characters of the bodies in flight. */
    characters: v.number(),
    /** For how many milliseconds the action has had nothing to send. */
    idleMs: v.number(),
    /** True if the action has run long enough: it ends its requests, and another one takes over. */
    last: v.boolean(),
  },
  returns: v.union(v.null(), batch),
  handler: async (ctx, { laneId, run, served: parts, characters, idleMs, last }): Promise<Batch | null> => {
    const found = await ctx.db.get("webhookLanes", laneId);
    // Another action may have taken over.
    const lane = found?.run === run && found.job !== undefined ? found : null;
    const turn = new Turn(ctx, lane, characters);
    for (const part of parts) await turn.record(part);
    if (!lane) return null;
    if (!last) await turn.take();
    const goesOn = turn.isSending || (lane.busy === true && !last && idleMs < LINGER_MS);
    const waiting = await turn.save();
    await (goesOn ? renew(ctx, lane) : rest(ctx, lane));
    const lanes = new Lanes(ctx);
    if (await isWaiting(ctx, lane.slow)) await lanes.start(lane.slow, last || turn.free <= 0);
    if (waiting.has(!lane.slow)) await lanes.start(!lane.slow);
    if (!goesOn) return null;
    const { endpoints, events, deliveries, free } = turn;
    const hasRoom = free > 0 && !last;
    const pollMs = lane.slow ? POLL_MS.slow : POLL_MS.fast;
    return {
      ...{ endpoints, events, deliveries },
      ...(hasRoom && (lane.busy === true ? { paceMs: PACE_MS } : { pollMs })),
    };
  },
});

/** Starts a queue whose next delivery is due. */
export const wake = internalMutation({
  args: { endpointId: v.id("webhookEndpoints") },
  returns: v.null(),
  handler: async (ctx, { endpointId }) => {
    const sender = await findSender(ctx, endpointId);
    if (sender) await wakeUp(ctx, [{ sender, added: 0 }]);
    return null;
  },
});

/**
 * Starts the queues that are due: after a wait, or because a crash has ended the action of their lane. Fans out what a crash left. A
 * lease that ends later than a new one would was made before the clock was set back, so it counts as ended.
 */
export const sweep = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    let isDone = true;
    for (const slow of [false, true]) {
      const due = await dueQueues(ctx, slow);
      await wakeUp(
        ctx,
        [...due, ...(await lostQueues(ctx, slow))].map((sender) => ({ sender, added: 0 })),
      );
      if (await isWaiting(ctx, slow)) await new Lanes(ctx).start(slow);
      if (due.length >= SWEPT) isDone = false;
    }
    const lost = await ctx.db
      .query("outgoingEvents")
      .withIndex("by_due", (q) => q.gt("dueAt", 0).lte("dueAt", Date.now()))
      .take(SWEPT);
    lost.push(
      ...(await ctx.db
        .query("outgoingEvents")
        .withIndex("by_due", (q) => q.gt("dueAt", Date.now() + FAN_OUT_LEASE_MS))
        .take(SWEPT)),
    );
    for (const batch of new Set(lost.flatMap((event) => event.batch ?? [])))
      await ctx.scheduler.runAfter(0, internal.outgoing.fanOut.run, { batch });
    if (!isDone) await ctx.scheduler.runAfter(0, internal.outgoing.queue.sweep, {});
    return null;
  },
});

/** Returns idle queues whose next delivery is due. */
const dueQueues = (ctx: MutationCtx, slow: boolean): Promise<Sender[]> =>
  ctx.db
    .query("webhookSenders")
    .withIndex("by_state", (q) =>
      q.eq("state", "idle").eq("slow", slow).gt("dueAt", 0).lte("dueAt", Date.now()),
    )
    .take(SWEPT);

/** Returns the running queues that no lane serves. */
async function lostQueues(ctx: MutationCtx, slow: boolean): Promise<Sender[]> {
  const lanes = new Lanes(ctx);
  const lost: Sender[] = [];
  const running = await ctx.db
    .query("webhookSenders")
    .withIndex("by_state", (q) => q.eq("state", "running").eq("slow", slow))
    .collect();
  for (const sender of running) if (!(await lanes.serves(sender))) lost.push(sender);
  return lost;
}

async function isWaiting(ctx: MutationCtx, slow: boolean): Promise<boolean> {
  const first = await ctx.db
    .query("webhookSenders")
    .withIndex("by_state", (q) => q.eq("state", "waiting").eq("slow", slow))
    .first();
  return first !== null;
}
