/** The action of a lane. It is the only code that connects to partners' addresses. */
import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalAction } from "../_generated/server";
import { Requests } from "./requests.lib";
import type { Batch } from "./turn.lib";

/** Milliseconds after which another action takes over. Actions have a time limit. */
const SHIFT_MS = 120_000;

/** Sends what is due until nothing is. `queue.ts` decides what to send. */
export const run = internalAction({
  args: { laneId: v.id("webhookLanes"), run: v.number() },
  returns: v.null(),
  handler: async (ctx, lane): Promise<null> => {
    const end = Date.now() + SHIFT_MS;
    const requests = new Requests();
    let lastBusy = Date.now();
    for (;;) {
      const last = Date.now() >= end;
      const turn = { ...lane, ...requests.report(), idleMs: Math.max(0, Date.now() - lastBusy), last };
      const batch: Batch | null = await ctx.runMutation(internal.outgoing.queue.next, turn);
      if (batch) requests.begin(batch);
      else if (requests.size === 0) return null;
      if (requests.size > 0) lastBusy = Date.now();
      await requests.progress(batch ?? {});
    }
  },
});
