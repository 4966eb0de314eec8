import { v } from "convex/values";
import { internalMutation } from "./_generated/server";
import { webhookRetentionDays } from "./lib/env.lib";
import { freeText, storedText } from "./lib/storedText.lib";
import { schedule } from "./lib/webhookAttempt.lib";
import { LEASE_MS } from "./lib/webhookLease.lib";

const DAY_MS = 24 * 60 * 60 * 1000;

/** Inserts an event, counts its first attempt and schedules it, or finds that it was seen: then nothing happens. */
export const record = internalMutation({
  args: {
    source: v.string(),
    eventId: v.string(),
    eventType: v.string(),
    eventTime: v.number(),
    handler: v.string(),
    payload: storedText,
  },
  returns: v.null(),
  handler: async (ctx, received) => {
    const seen = await ctx.db
      .query("webhookEvents")
      .withIndex("by_event_id", (q) => q.eq("source", received.source).eq("eventId", received.eventId))
      .unique();
    if (seen) {
      await freeText(ctx, received.payload);
      return null;
    }
    const now = Date.now();
    const id = await ctx.db.insert("webhookEvents", {
      ...received,
      purgeAt: now + webhookRetentionDays() * DAY_MS,
      status: "pending",
      attempts: 1,
      dueAt: now + LEASE_MS,
      revision: 1,
    });
    await schedule(ctx, { id, attempts: 1 }, received.payload);
    return null;
  },
});
