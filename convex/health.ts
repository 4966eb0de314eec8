import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";

/** Milliseconds during which all callers share one write, so that frequent checks do not wear the disk. */
const WRITE_EVERY_MS = 5_000;

/**
 * Reads the oldest and the newest document of each table that requests depend on.
 *
 * It must reach the database each time. On Convex a result is cached by the arguments, so each call has other ones; the
 * embedded runtime caches no result of a query that asks for the time.
 */
export const read = internalQuery({
  args: { askedAt: v.number() },
  returns: v.null(),
  handler: async (ctx) => {
    Date.now();
    for (const table of ["users", "apiKeys", "readiness"] as const) {
      for (const order of ["asc", "desc"] as const) await ctx.db.query(table).order(order).first();
    }
    return null;
  },
});

/**
 * Begins a transaction, and writes in it unless that was done a moment ago. It succeeds when the commit is durable. A
 * failure leaves nothing behind, so the next call tries again.
 */
export const write = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const writtenAt = Date.now();
    const last = await ctx.db.query("readiness").first();
    if (!last) await ctx.db.insert("readiness", { writtenAt });
    // The clock may have been set back.
    else if (Math.abs(writtenAt - last.writtenAt) >= WRITE_EVERY_MS)
      await ctx.db.patch("readiness", last._id, { writtenAt });
    return null;
  },
});
