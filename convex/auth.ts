import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { internalMutation, internalQuery, type QueryCtx } from "./_generated/server";
import { TOUCH_AFTER_MS } from "./lib/apiKey.lib";
import { caller, type Caller } from "./lib/caller.lib";
import { claimsOf, type Claims } from "./lib/claims.lib";
import { rateLimits } from "./lib/env.lib";
import { proofIn, userOfClaims } from "./lib/identity.lib";
import { take, takeFromAddress } from "./lib/limiter.lib";
import { quota } from "./lib/quota.lib";

/**
 * An API key by its hash: who is calling and what it may do, or null for a key that nobody holds, that was revoked, or
 * whose owner is gone.
 *
 * The answer names `expiresAt` and `lastUsedAt` instead of judging them: a query that reads the clock cannot be cached, and
 * where limits are switched off this one runs on every request.
 */
export const validateApiKey = internalQuery({
  args: { hash: v.string() },
  returns: v.union(
    v.null(),
    v.object({ caller, expiresAt: v.optional(v.number()), lastUsedAt: v.optional(v.number()) }),
  ),
  handler: async (ctx, { hash }) => {
    const found = await keyByHash(ctx, hash);
    if (!found) return null;
    const { expiresAt, lastUsedAt } = found;
    return {
      caller: callerOf(found),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(lastUsedAt !== undefined && { lastUsedAt }),
    };
  },
});

/**
 * The user of the token that came with the request, or null without a valid token or a user, and where the token brings
 * something to record.
 */
export const validateToken = internalQuery({
  args: {},
  returns: v.union(v.null(), caller),
  handler: async (ctx) => {
    const claims = await verifiedClaims(ctx);
    const user =
      claims &&
      (await ctx.db
        .query("users")
        .withIndex("by_token_identifier", (q) => q.eq("tokenIdentifier", claims.tokenIdentifier))
        .unique());
    if (!user || (await proofIn(ctx, user, claims)) !== undefined) return null;
    return callerOfUser(user);
  },
});

const verdict = v.object({ caller: v.union(v.null(), caller), quota: v.union(v.null(), quota) });

/**
 * Admits an API key and takes from its quota. A key that does not pass takes from the address's quota instead, so that a
 * flood of guesses from an address spends nothing of a good key behind the same one.
 */
export const admitApiKey = internalMutation({
  args: { hash: v.string() },
  returns: verdict,
  handler: async (ctx, { hash }) => {
    const found = await keyByHash(ctx, hash);
    const limits = rateLimits();
    const now = Date.now();
    if (!found || (found.expiresAt !== undefined && found.expiresAt <= now)) {
      return { caller: null, quota: await takeFromAddress(ctx, limits.address) };
    }
    if (now - (found.lastUsedAt ?? 0) >= TOUCH_AFTER_MS) {
      await ctx.db.patch("apiKeys", found._id, { lastUsedAt: now });
    }
    return { caller: callerOf(found), quota: await take(ctx, "key", found._id, limits.key) };
  },
});

/** Admits the user of the request's token, who is made or linked on the first visit, and takes from the user's quota. */
export const admitToken = internalMutation({
  args: {},
  returns: verdict,
  handler: async (ctx) => {
    const limits = rateLimits();
    const claims = await verifiedClaims(ctx);
    const user = claims && (await userOfClaims(ctx, claims));
    if (!user) return { caller: null, quota: await takeFromAddress(ctx, limits.address) };
    return { caller: callerOfUser(user), quota: await take(ctx, "user", user._id, limits.key) };
  },
});

/** Takes from the address's quota: for routes that anyone may call. */
export const admitAddress = internalMutation({
  args: {},
  returns: v.union(v.null(), quota),
  handler: (ctx) => takeFromAddress(ctx, rateLimits().address),
});

/** The claims of the request's token; null where there is no token, or none that is valid. */
async function verifiedClaims(ctx: QueryCtx): Promise<Claims | null> {
  const identity = await ctx.auth.getUserIdentity();
  return identity && claimsOf(identity);
}

/** A key is only as good as its owner: with the user it is gone. */
async function keyByHash(ctx: QueryCtx, hash: string): Promise<Doc<"apiKeys"> | null> {
  const key = await ctx.db
    .query("apiKeys")
    .withIndex("by_key", (q) => q.eq("hash", hash))
    .unique();
  return key && key.revokedAt === undefined && (await ctx.db.get("users", key.userId)) ? key : null;
}

const callerOf = (key: Doc<"apiKeys">): Caller => ({
  userId: key.userId,
  scopes: key.scopes,
  credential: `key:${key._id}`,
  key: { id: key._id, publicId: key.publicId },
});

const callerOfUser = (user: Doc<"users">): Caller => ({
  userId: user._id,
  scopes: user.scopes,
  credential: `user:${user._id}`,
});
