import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { isTouchDue } from "./identity/apiKey.lib";
import { caller } from "./identity/caller.lib";
import { callerOfKey, callerOfUser, keyByHash, touchKey, verifiedClaims } from "./identity/credential.lib";
import { newlyVerifiedEmail, userOfClaims } from "./identity/tokenUser.lib";
import { userByTokenIdentifier } from "./identity/users.lib";
import { rateLimits } from "./lib/env.lib";
import { take, takeFromAddress } from "./lib/limiter.lib";
import { rateLimitState, routeLimitArg } from "./lib/rateLimit.lib";

/**
 * Looks up an API key by its hash. Returns null for a key that is unknown or revoked, or whose owner is deleted or suspended.
 *
 * It returns `expiresAt` and `lastUsedAt` instead of comparing them with the clock: a query that reads the clock cannot be
 * cached, and without rate limits this query runs on every request.
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
      caller: callerOfKey(found),
      ...(expiresAt !== undefined && { expiresAt }),
      ...(lastUsedAt !== undefined && { lastUsedAt }),
    };
  },
});

/**
 * Looks up the user of the request's token. Returns null without a valid token or a user, for a suspended user, and for a token
 * with a newly verified email, which only the mutation `admitToken` can record.
 */
export const validateToken = internalQuery({
  args: {},
  returns: v.union(v.null(), caller),
  handler: async (ctx) => {
    const claims = await verifiedClaims(ctx);
    const user = claims && (await userByTokenIdentifier(ctx, claims.tokenIdentifier));
    if (!user || user.suspended || (await newlyVerifiedEmail(ctx, user, claims)) !== undefined) return null;
    return callerOfUser(user);
  },
});

const admission = v.object({
  caller: v.union(v.null(), caller),
  rateLimit: v.union(v.null(), rateLimitState),
});

/**
 * Admits an API key, and takes one request from its bucket. A refused key takes from the bucket of the client's address
 * instead, so that guessing keys does not empty the bucket of a valid key.
 */
export const admitApiKey = internalMutation({
  args: { hash: v.string(), ...routeLimitArg },
  returns: admission,
  handler: async (ctx, { hash, routeLimit }) => {
    const found = await keyByHash(ctx, hash);
    const limits = rateLimits();
    const now = Date.now();
    if (!found || (found.expiresAt !== undefined && found.expiresAt <= now)) {
      return { caller: null, rateLimit: await takeFromAddress(ctx, limits.address) };
    }
    if (isTouchDue(found.lastUsedAt)) await touchKey(ctx, found);
    return {
      caller: callerOfKey(found),
      rateLimit: await take(ctx, "key", found._id, limits.key, routeLimit),
    };
  },
});

/** Admits the user of the request's token, and takes one request from the user's bucket. The first request creates or links the user. */
export const admitToken = internalMutation({
  args: routeLimitArg,
  returns: admission,
  handler: async (ctx, { routeLimit }) => {
    const limits = rateLimits();
    const claims = await verifiedClaims(ctx);
    const user = claims && (await userOfClaims(ctx, claims));
    if (!user || user.suspended)
      return { caller: null, rateLimit: await takeFromAddress(ctx, limits.address) };
    return {
      caller: callerOfUser(user),
      rateLimit: await take(ctx, "user", user._id, limits.key, routeLimit),
    };
  },
});

/** Takes one request from the bucket of the client's address, for routes without a credential. */
export const admitAddress = internalMutation({
  args: routeLimitArg,
  returns: v.union(v.null(), rateLimitState),
  handler: (ctx, { routeLimit }) => takeFromAddress(ctx, rateLimits().address, routeLimit),
});
