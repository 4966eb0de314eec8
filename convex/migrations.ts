/**
 * Migrations of stored documents. A migration converts its table in batches, stores its progress after each batch, and does
 * nothing once it is done. A cron starts it, and resumes it after a crash or a failed batch.
 */
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";
import { foldEmail } from "./lib/email.lib";
import { readPage, within } from "./lib/page.lib";

/** The number of documents that one transaction reads. */
const BATCH = 200;

/**
 * Rewrites each `emailKey` that an earlier version created with JavaScript's `toLowerCase`, which changes more than ASCII
 * letters. Users that are written during the migration already have the right key.
 *
 * An operator may run it: `npx convex run migrations:foldEmails`.
 *
 * @returns The time of completion in milliseconds, or null while batches are left.
 */
export const foldEmails = internalMutation({
  args: {},
  returns: v.union(v.null(), v.number()),
  handler: async (ctx) => {
    const name = "foldEmails";
    const known = await ctx.db
      .query("migrations")
      .withIndex("by_name", (q) => q.eq("name", name))
      .unique();
    if (known?.doneAt !== undefined) return known.doneAt;
    const after = known?.after;
    const { docs, next } = await readPage({ limit: BATCH, ...(after && { after }) }, (range, count) =>
      ctx.db
        .query("users")
        .withIndex("by_creation_time", (q) => within(q, range))
        .order("desc")
        .take(count),
    );
    for (const { _id, email, emailKey } of docs) {
      if (emailKey !== foldEmail(email)) await ctx.db.patch("users", _id, { emailKey: foldEmail(email) });
    }
    const doneAt = next ? null : Date.now();
    const progress = { name, ...(next && { after: next }), ...(doneAt !== null && { doneAt }) };
    if (known) await ctx.db.replace("migrations", known._id, progress);
    else await ctx.db.insert("migrations", progress);
    if (next) await ctx.scheduler.runAfter(0, internal.migrations.foldEmails, {});
    return doneAt;
  },
});
