import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";
import { WINDOW_MS } from "./lib/rateLimit.lib";

/** The number of buckets that one transaction reads. */
const BATCH = 1_000;

/**
 * Deletes the buckets that are full again, in batches, so that the table does not grow with every address that calls once. A
 * caller without a bucket has a full one.
 */
export const purge = internalMutation({
  args: { after: v.optional(v.number()) },
  returns: v.null(),
  handler: async (ctx, { after = 0 }) => {
    const buckets = await ctx.db
      .query("rateLimitBuckets")
      .withIndex("by_creation_time", (q) => q.gt("_creationTime", after))
      .take(BATCH);
    const now = Date.now();
    // A bucket is full after a window, and also if the clock was set back by more than a window.
    for (const { _id, updatedAt } of buckets)
      if (Math.abs(now - updatedAt) >= WINDOW_MS) await ctx.db.delete("rateLimitBuckets", _id);
    const last = buckets.at(-1);
    if (last && buckets.length === BATCH)
      await ctx.scheduler.runAfter(0, internal.rateLimits.purge, { after: last._creationTime });
    return null;
  },
});
