import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";
import { RETENTION_MS } from "./lib/idempotency.lib";

/** The number of keys that one transaction deletes. */
const BATCH = 500;

/** Deletes expired idempotency keys, in batches. */
export const purge = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const old = await ctx.db
      .query("idempotencyKeys")
      .withIndex("by_created_at", (q) => q.lt("createdAt", Date.now() - RETENTION_MS))
      .take(BATCH);
    for (const { _id } of old) await ctx.db.delete("idempotencyKeys", _id);
    if (old.length === BATCH) await ctx.scheduler.runAfter(0, internal.idempotency.purge, {});
    return null;
  },
});
