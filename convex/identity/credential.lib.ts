import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { revisionOf } from "../lib/revision.lib";
import type { Caller } from "./caller.lib";
import { claimsOf, type Claims } from "./claims.lib";
import { userById } from "./users.lib";

/**
 * Returns the key with this hash, or null if it does not exist, is revoked, or its owner is deleted or suspended. It may have
 * expired.
 */
export async function keyByHash(ctx: QueryCtx, hash: string): Promise<Doc<"apiKeys"> | null> {
  const key = await ctx.db
    .query("apiKeys")
    .withIndex("by_key", (q) => q.eq("hash", hash))
    .unique();
  if (key?.revokedAt !== undefined) return null;
  const owner = key && (await userById(ctx, key.userId));
  return owner && !owner.suspended ? key : null;
}

/** Sets a key's `lastUsedAt`. Call it only if `isTouchDue`. */
export async function touchKey(ctx: MutationCtx, key: Doc<"apiKeys">): Promise<void> {
  await ctx.db.patch("apiKeys", key._id, { lastUsedAt: Date.now(), revision: revisionOf(key) + 1 });
}

/** Returns the claims of the request's token, or null without a valid token. */
export async function verifiedClaims(ctx: QueryCtx): Promise<Claims | null> {
  const identity = await ctx.auth.getUserIdentity();
  return identity && claimsOf(identity);
}

/** Returns the caller that authenticates with this key. */
export const callerOfKey = (key: Doc<"apiKeys">): Caller => ({
  userId: key.userId,
  scopes: key.scopes,
  credential: `key:${key._id}`,
  key: { id: key._id, publicId: key.publicId },
});

/** Returns the caller that authenticates with a token of this user. */
export const callerOfUser = (user: Doc<"users">): Caller => ({
  userId: user._id,
  scopes: user.scopes,
  credential: `user:${user._id}`,
});
