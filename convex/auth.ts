import { v } from "convex/values";
import { internalQuery } from "./_generated/server";

/**
 * Admits an API key by its hash: who is calling and what it may do, or null for a key that nobody holds, that was revoked,
 * or whose owner is gone.
 *
 * The answer names `expiresAt` instead of judging it: a query that reads the clock cannot be cached, and this one runs on
 * every authenticated request.
 */
export const validateApiKey = internalQuery({
  args: { hash: v.string() },
  returns: v.union(
    v.null(),
    v.object({
      userId: v.id("users"),
      keyId: v.id("apiKeys"),
      publicId: v.string(),
      scopes: v.array(v.string()),
      expiresAt: v.optional(v.number()),
      lastUsedAt: v.optional(v.number()),
    }),
  ),
  handler: async (ctx, { hash }) => {
    const key = await ctx.db
      .query("apiKeys")
      .withIndex("by_key", (q) => q.eq("hash", hash))
      .unique();
    if (!key || key.revokedAt !== undefined) return null;
    const owner = await ctx.db.get("users", key.userId);
    if (!owner) return null;
    return {
      userId: owner._id,
      keyId: key._id,
      publicId: key.publicId,
      scopes: key.scopes,
      ...(key.expiresAt !== undefined && { expiresAt: key.expiresAt }),
      ...(key.lastUsedAt !== undefined && { lastUsedAt: key.lastUsedAt }),
    };
  },
});
