/**
 * Migrations of stored documents. A migration converts its table in batches, stores its progress after each batch, and does
 * nothing once it is done. A cron starts it, and resumes it after a crash or a failed batch.
 *
 * An operator may run one: `npx convex run migrations:foldEmails`. It returns the time of completion in milliseconds, or null while
 * batches are left.
 */
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalMutation } from "./_generated/server";
import { foldEmail } from "./lib/email.lib";
import { itemText } from "./lib/itemText.lib";
import { migrate } from "./lib/migration.lib";

const returns = v.union(v.null(), v.number());

/**
 * Rewrites each `emailKey` that an earlier version created with JavaScript's `toLowerCase`, which changes more than ASCII
 * letters. Users that are written during the migration already have the right key.
 */
export const foldEmails = internalMutation({
  args: {},
  returns,
  handler: (ctx): Promise<number | null> =>
    migrate(ctx, {
      name: "foldEmails",
      table: "users",
      itself: internal.migrations.foldEmails,
      convert: async ({ _id, email, emailKey }) => {
        if (emailKey !== foldEmail(email)) await ctx.db.patch("users", _id, { emailKey: foldEmail(email) });
      },
    }),
});

/** Fills the text of each item from before version 0.3.0, so that a search finds the item. */
export const fillItemTexts = internalMutation({
  args: {},
  returns,
  handler: (ctx): Promise<number | null> =>
    migrate(ctx, {
      name: "fillItemTexts",
      table: "items",
      itself: internal.migrations.fillItemTexts,
      convert: async (item) => {
        if (item.text === undefined) await ctx.db.patch("items", item._id, { text: itemText(item) });
      },
    }),
});

/** Marks each key that a version before 0.3.0 revoked, so that an index lists the revoked keys by their creation. */
export const markRevokedKeys = internalMutation({
  args: {},
  returns,
  handler: (ctx): Promise<number | null> =>
    migrate(ctx, {
      name: "markRevokedKeys",
      table: "apiKeys",
      itself: internal.migrations.markRevokedKeys,
      convert: async ({ _id, revokedAt, revoked }) => {
        if (revokedAt !== undefined && !revoked) await ctx.db.patch("apiKeys", _id, { revoked: true });
      },
    }),
});
