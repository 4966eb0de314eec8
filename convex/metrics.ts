/** Figures for operators. On the embedded runtime `GET /metrics` shows them, because `convex-embedded.json` names `read`. */
import { v } from "convex/values";
import { internalQuery, type QueryCtx } from "./_generated/server";

/**
 * Most documents that a count reads. A pending document may hold 48 KiB of payload, so all counts together stay far below what
 * one query may read. A queue of this length needs attention, however much longer it is.
 */
const COUNTED = 50;
/** Most queues of endpoints of one kind whose pending deliveries are added up. */
const QUEUES = 200;

const figure = v.object({ name: v.string(), help: v.string(), value: v.number() });

/** Reads each figure through an index. Ages are in seconds, and 0 if nothing waits. */
export const read = internalQuery({
  args: {},
  returns: v.array(figure),
  handler: async (ctx) => {
    const now = Date.now();
    const seconds = (since: number | undefined): number =>
      since === undefined ? 0 : Math.max(0, (now - since) / 1000);
    const received = await ctx.db
      .query("webhookEvents")
      .withIndex("by_status", (q) => q.eq("status", "pending"))
      .take(COUNTED);
    const jobs = await ctx.db
      .query("jobs")
      .withIndex("by_status", (q) => q.eq("status", "queued"))
      .take(COUNTED);
    const event = await ctx.db
      .query("outgoingEvents")
      .withIndex("by_due", (q) => q.gt("dueAt", 0))
      .first();
    return [
      {
        name: "webhooks_pending",
        help: `Received webhooks that are not processed yet, at most ${COUNTED}.`,
        value: received.length,
      },
      {
        name: "webhooks_oldest_pending_seconds",
        help: "Age of the oldest received webhook that is not processed yet.",
        value: seconds(received[0]?._creationTime),
      },
      { name: "jobs_queued", help: `Queued jobs, at most ${COUNTED}.`, value: jobs.length },
      {
        name: "jobs_oldest_queued_seconds",
        help: "Age of the oldest queued job.",
        value: seconds(jobs[0]?._creationTime),
      },
      {
        name: "deliveries_pending",
        help: `Webhook deliveries to partners that are not sent yet, of at most ${QUEUES} endpoints in each state.`,
        value: await pendingDeliveries(ctx),
      },
      {
        name: "events_oldest_waiting_seconds",
        help: "Age of the oldest event that has not been fanned out into deliveries.",
        value: seconds(event?.time),
      },
    ];
  },
});

/** Adds up the counts of the queues that have pending deliveries: all that run or wait, and idle ones with a next attempt. */
async function pendingDeliveries(ctx: QueryCtx): Promise<number> {
  let pending = 0;
  for (const slow of [false, true]) {
    for (const state of ["running", "waiting", "idle"] as const) {
      const senders = await ctx.db
        .query("webhookSenders")
        .withIndex("by_state", (q) => q.eq("state", state).eq("slow", slow).gt("dueAt", 0))
        .take(QUEUES);
      for (const sender of senders) pending += sender.pending;
    }
  }
  return pending;
}
