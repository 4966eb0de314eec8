import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { internalAction, internalMutation, internalQuery } from "./_generated/server";
import { newApiKey, TOUCH_AFTER_MS } from "./identity/apiKey.lib";
import { caller } from "./identity/caller.lib";
import { insertIssuedKey, insertKey, listKeys, requireHeld, requireMayManage } from "./identity/keys.lib";
import { fail } from "./lib/failure.lib";
import { idempotencyArg, once, onceOf } from "./lib/idempotency.lib";
import { getOwned } from "./lib/owned.lib";
import { pageArgs, pageOf } from "./lib/page.lib";
import { emit } from "./outgoing/emit.lib";
import { disableEndpointsOf, moveEndpoints } from "./outgoing/endpoint.lib";
import schema from "./schema";

const apiKey = schema.doc("apiKeys");
/** The parts of a new key that the database stores. It never stores the key itself. */
const newKeyParts = { publicId: v.string(), hash: v.string() };

export const list = internalQuery({
  args: {
    ownerId: v.id("users"),
    status: v.optional(v.union(v.literal("active"), v.literal("revoked"))),
    ...pageArgs,
  },
  returns: pageOf(apiKey),
  handler: listKeys,
});

/** Inserts a key for the caller's user. Refuses scopes that the caller lacks. */
export const create = internalMutation({
  args: {
    caller,
    name: v.string(),
    scopes: v.array(v.string()),
    expiresAt: v.optional(v.number()),
    ...newKeyParts,
    ...idempotencyArg,
  },
  returns: onceOf(apiKey),
  handler: async (ctx, { caller, idempotency, ...key }) => {
    await requireHeld(ctx, caller, key.scopes);
    return once(ctx, idempotency, async () => {
      const created = await insertKey(ctx, { ...key, userId: caller.userId });
      await emit(ctx, "key.created", created);
      return created;
    });
  },
});

/** Revokes a key immediately. Revoking it again changes nothing. A key may always revoke itself. */
export const revoke = internalMutation({
  args: { caller, keyId: v.string() },
  returns: v.null(),
  handler: async (ctx, { caller, keyId }) => {
    const found = await getOwned(ctx, "apiKeys", caller.userId, keyId);
    await requireMayManage(ctx, caller, found, "revoke a key with");
    if (found.revokedAt !== undefined) return null;
    const revokedAt = Date.now();
    await ctx.db.patch("apiKeys", found._id, { revokedAt, revoked: true });
    await disableEndpointsOf(ctx, found._id);
    await emit(ctx, "key.revoked", { ...found, revokedAt });
    return null;
  },
});

/** Replaces a key with a new one. The old key still works for `overlapSeconds`; 0 revokes it immediately. */
export const rotate = internalMutation({
  args: { caller, keyId: v.string(), overlapSeconds: v.number(), ...newKeyParts },
  returns: apiKey,
  handler: async (ctx, { caller, keyId, overlapSeconds, publicId, hash }) => {
    const now = Date.now();
    const old = await getOwned(ctx, "apiKeys", caller.userId, keyId);
    await requireMayManage(ctx, caller, old, "hand out");
    if (old.revokedAt !== undefined) fail("conflict", "A revoked key cannot be rotated");
    if (old.expiresAt !== undefined && old.expiresAt <= now)
      fail("conflict", "An expired key cannot be rotated");
    const end = now + overlapSeconds * 1000;
    // A client that did not receive the response may rotate again during the overlap.
    const ownExpiresAt = old.ownExpiresAt !== undefined ? old.ownExpiresAt : (old.expiresAt ?? null);
    await ctx.db.patch(
      "apiKeys",
      old._id,
      overlapSeconds === 0
        ? { revokedAt: now, revoked: true as const }
        : { expiresAt: Math.min(end, old.expiresAt ?? end), ownExpiresAt },
    );
    const rotated = await insertKey(ctx, {
      userId: caller.userId,
      name: old.name,
      scopes: old.scopes,
      ...(ownExpiresAt !== null && { expiresAt: ownExpiresAt }),
      publicId,
      hash,
    });
    await moveEndpoints(ctx, old._id, rotated._id);
    await emit(ctx, "key.rotated", rotated);
    return rotated;
  },
});

/** Sets a key's `lastUsedAt`, at most once in `TOUCH_AFTER_MS`. */
export const touch = internalMutation({
  args: { keyId: v.id("apiKeys") },
  returns: v.null(),
  handler: async (ctx, { keyId }) => {
    const found = await ctx.db.get("apiKeys", keyId);
    const now = Date.now();
    if (found && now - (found.lastUsedAt ?? 0) >= TOUCH_AFTER_MS) {
      await ctx.db.patch("apiKeys", keyId, { lastUsedAt: now });
    }
    return null;
  },
});

/** The email of the owner of keys that an operator issues without an email. */
const OPERATOR_EMAIL = "operator@localhost";

/**
 * Issues a key, for an operator: `npx convex run apiKeys:issue '{"name": "first", "scopes": ["*"]}'`. Finds the owner by email,
 * or creates one. Only this result shows the key.
 */
export const issue = internalAction({
  args: { name: v.string(), scopes: v.array(v.string()), email: v.optional(v.string()) },
  returns: v.object({
    id: v.id("apiKeys"),
    key: v.string(),
    userId: v.id("users"),
    scopes: v.array(v.string()),
  }),
  handler: async (
    ctx,
    args,
  ): Promise<{ id: Id<"apiKeys">; key: string; userId: Id<"users">; scopes: string[] }> => {
    const { key, publicId, hash } = await newApiKey();
    const issued = await ctx.runMutation(internal.apiKeys.recordIssued, {
      ...args,
      email: args.email ?? OPERATOR_EMAIL,
      publicId,
      hash,
    });
    return { id: issued._id, key, userId: issued.userId, scopes: issued.scopes };
  },
});

export const recordIssued = internalMutation({
  args: { name: v.string(), scopes: v.array(v.string()), email: v.string(), ...newKeyParts },
  returns: apiKey,
  handler: insertIssuedKey,
});
