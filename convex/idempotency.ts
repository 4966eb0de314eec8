import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";
import { RETENTION_MS } from "./lib/idempotency.lib";

/** The number of keys that one transaction deletes. */
const BATCH = 500;
/** The number of parts of long results that one transaction deletes. It reads up to 900 kB for each, of 16 MiB allowed. */
const PARTS = 10;

/** Deletes expired idempotency keys and the parts of their results, in batches. */
export const purge = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const before = Date.now() - RETENTION_MS;
    // Keys first: a replay must not find a key whose parts are gone.
    const keys = await ctx.db
      .query("idempotencyKeys")
      .withIndex("by_created_at", (q) => q.lt("createdAt", before))
      .take(BATCH);
    for (const { _id } of keys) await ctx.db.delete("idempotencyKeys", _id);
    if (keys.length === BATCH) {
      await ctx.scheduler.runAfter(0, internal.idempotency.purge, {});
      return null;
    }
    const parts = await ctx.db
      .query("idempotencyParts")
      .withIndex("by_created_at", (q) => q.lt("createdAt", before))
      .take(PARTS);
    for (const { _id } of parts) await ctx.db.delete("idempotencyParts", _id);
    if (parts.length === PARTS) await ctx.scheduler.runAfter(0, internal.idempotency.purge, {});
    return null;
  },
});
