/**
 * The steps of a queue. The action of an endpoint (`send.ts`) calls `next` after each batch. One transaction records what was sent
 * and decides what to send now.
 */
import { v, type Infer } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc, Id } from "../_generated/dataModel";
import { internalMutation, type MutationCtx } from "../_generated/server";
import { disableEndpoint } from "./endpoint.lib";
import { bodyOf, notPending, subtractPending } from "./delivery.lib";
import { FAN_OUT_LEASE_MS } from "./emit.lib";
import { outcome, recordOutcomes } from "./outcome.lib";
import {
  firstWaiting,
  LEASE_MS,
  senderOf,
  startOrWait,
  startWaiting,
  wakeUp,
  type Sender,
} from "./sender.lib";
import { Viewer, type View } from "./viewer.lib";

/** Deliveries that one endpoint gets at the same time. */
const AT_A_TIME = 6;
/** Due deliveries that one transaction examines if some may no longer be sent. */
const EXAMINED = 50;
/** Milliseconds until the queue of a suspended owner is examined again. */
const PAUSE_MS = 5 * 60_000;
/** The sweep runs once a minute. A delivery that is due sooner is scheduled. */
const SOON_MS = 60_000;
/** Queues of one kind that a sweep examines in one transaction. */
const SWEPT = 50;

const NOT_ALLOWED = "Not sent: the owner, or the key that made the endpoint, no longer has the scope";

/** The requests that an action sends next. All go to one endpoint. */
const batch = v.object({
  url: v.string(),
  secrets: v.array(v.string()),
  deliveries: v.array(
    v.object({
      deliveryId: v.id("webhookDeliveries"),
      eventId: v.string(),
      tries: v.number(),
      body: v.string(),
    }),
  ),
});

export type Batch = Infer<typeof batch>;

/** Records the outcomes of a batch, and returns the next one. Returns null if the action must end. */
export const next = internalMutation({
  args: {
    endpointId: v.id("webhookEndpoints"),
    run: v.number(),
    outcomes: v.array(outcome),
    /** True if the action has run long enough: another one takes over. */
    last: v.boolean(),
  },
  returns: v.union(v.null(), batch),
  handler: async (ctx, { endpointId, run, outcomes, last }): Promise<Batch | null> => {
    const endpoint = await ctx.db.get("webhookEndpoints", endpointId);
    if (!endpoint) return null;
    const sender = await recordOutcomes(ctx, endpoint, outcomes);
    // Another action has taken over, or the endpoint was disabled.
    if (sender.run !== run || sender.state !== "running") return null;
    const view = await new Viewer(ctx).view(endpoint);
    if (view.is === "ended") {
      await disableEndpoint(ctx, endpoint, view.reason);
      return null;
    }
    if (view.is === "paused") {
      await rest(ctx, sender, Date.now() + PAUSE_MS);
      return null;
    }
    const deliveries = await takeDue(ctx, endpointId, view);
    if (deliveries.length === 0) {
      await rest(ctx, await senderOf(ctx, endpointId), await nextDueAt(ctx, endpointId));
      return null;
    }
    if (last || (await firstWaiting(ctx, sender.slow))) {
      await ctx.db.patch("webhookSenders", sender._id, { state: "waiting", dueAt: Date.now() });
      await startWaiting(ctx, sender.slow);
      return null;
    }
    await ctx.db.patch("webhookSenders", sender._id, { dueAt: Date.now() + LEASE_MS });
    return { url: endpoint.url, secrets: currentSecrets(endpoint), deliveries };
  },
});

/** Starts a queue whose next delivery is due. */
export const wake = internalMutation({
  args: { endpointId: v.id("webhookEndpoints") },
  returns: v.null(),
  handler: async (ctx, { endpointId }) => {
    if (await ctx.db.get("webhookEndpoints", endpointId)) await wakeUp(ctx, await senderOf(ctx, endpointId));
    return null;
  },
});

/**
 * Starts the queues that are due: after a wait, or because a crash has ended their action. Fans out what a crash left. A lease that
 * ends later than a new one would was made before the clock was set back, so it counts as ended.
 */
export const sweep = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    let isDone = true;
    for (const slow of [false, true]) {
      for (const state of ["running", "idle"] as const) {
        const due = await ctx.db
          .query("webhookSenders")
          .withIndex("by_state", (q) =>
            q.eq("state", state).eq("slow", slow).gt("dueAt", 0).lte("dueAt", Date.now()),
          )
          .take(SWEPT);
        if (state === "running")
          due.push(
            ...(await ctx.db
              .query("webhookSenders")
              .withIndex("by_state", (q) =>
                q
                  .eq("state", state)
                  .eq("slow", slow)
                  .gt("dueAt", Date.now() + LEASE_MS),
              )
              .take(SWEPT)),
          );
        for (const sender of due) {
          if (state === "running") await ctx.db.patch("webhookSenders", sender._id, { state: "idle" });
          await startOrWait(ctx, sender);
        }
        if (due.length >= SWEPT) isDone = false;
      }
      while (await startWaiting(ctx, slow));
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

/** Returns the due deliveries that may be sent. Those that may not be sent fail. */
async function takeDue(
  ctx: MutationCtx,
  endpointId: Id<"webhookEndpoints">,
  { allows }: View & { is: "open" },
): Promise<Batch["deliveries"]> {
  const taken: Batch["deliveries"] = [];
  let refused = 0;
  const examine = async (count: number): Promise<void> => {
    const due = await ctx.db
      .query("webhookDeliveries")
      .withIndex("by_due", (q) =>
        q.eq("endpointId", endpointId).eq("status", "pending").lte("nextAttemptAt", Date.now()),
      )
      .take(count);
    for (const delivery of due.slice(taken.length)) {
      if (taken.length === AT_A_TIME) break;
      const event = await ctx.db.get("outgoingEvents", delivery.eventId);
      if (event && allows(event.type)) {
        const { _id: deliveryId, eventId, tries } = delivery;
        taken.push({ deliveryId, eventId, tries, body: bodyOf(event) });
      } else {
        await notPending(ctx, delivery, event ? NOT_ALLOWED : "Not sent: the event was purged");
        refused += 1;
      }
    }
  };
  await examine(AT_A_TIME);
  // Refused deliveries are not due any more, so the second look begins with the taken ones.
  if (refused > 0) await examine(EXAMINED);
  await subtractPending(ctx, endpointId, refused);
  return taken;
}

/** Lets a queue rest until a time, or until the next event. Its place goes to a waiting queue. */
async function rest(ctx: MutationCtx, sender: Sender, dueAt: number | undefined): Promise<void> {
  await ctx.db.patch("webhookSenders", sender._id, { state: "idle", dueAt });
  if (dueAt !== undefined && dueAt - Date.now() < SOON_MS)
    await ctx.scheduler.runAt(dueAt, internal.outgoing.queue.wake, { endpointId: sender.endpointId });
  await startWaiting(ctx, sender.slow);
}

async function nextDueAt(ctx: MutationCtx, endpointId: Id<"webhookEndpoints">): Promise<number | undefined> {
  const first = await ctx.db
    .query("webhookDeliveries")
    .withIndex("by_due", (q) => q.eq("endpointId", endpointId).eq("status", "pending"))
    .first();
  return first?.nextAttemptAt;
}

const currentSecrets = ({ secrets }: Doc<"webhookEndpoints">): string[] =>
  secrets.flatMap(({ sealed, expiresAt = Infinity }) => (expiresAt > Date.now() ? [sealed] : []));
