import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";

/** Milliseconds between two writes, shared by all callers, so that frequent checks do not wear out the disk. */
const WRITE_EVERY_MS = 5_000;

/**
 * Reads the oldest and the newest document of each table that requests depend on.
 *
 * Every call must reach the database. Convex caches results by their arguments, so each call passes a different `askedAt`. The
 * embedded runtime does not cache a query that reads the clock.
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
 * Begins a transaction, and writes in it unless a call has written within `WRITE_EVERY_MS`. It succeeds when the commit is
 * durable. A failed call stores nothing, so the next call writes again.
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
