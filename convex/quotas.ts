import { v } from "convex/values";
import { components } from "./_generated/api";
import { internalMutation } from "./_generated/server";

/** Milliseconds for which a bucket is kept. A bucket refills within a minute, so deleting a day-old bucket loses little. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** Deletes old buckets of callers, so that the table does not grow with every address that calls once. */
export const purge = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    await ctx.runMutation(components.rateLimiter.lib.clearAll, { before: Date.now() - KEPT_MS });
    return null;
  },
});
