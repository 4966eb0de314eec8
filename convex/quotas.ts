import { v } from "convex/values";
import { components } from "./_generated/api";
import { internalMutation } from "./_generated/server";

/** A bucket refills within a minute, so that one made a day ago and used since loses little by starting anew. */
const KEPT_MS = 24 * 60 * 60 * 1000;

/** Forgets the buckets of callers, so that addresses which came once do not stay for ever. */
export const purge = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    await ctx.runMutation(components.rateLimiter.lib.clearAll, { before: Date.now() - KEPT_MS });
    return null;
  },
});
