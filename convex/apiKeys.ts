import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import { internalAction, internalMutation, internalQuery } from "./_generated/server";
import { isTouchDue, newApiKey } from "./identity/apiKey.lib";
import { caller } from "./identity/caller.lib";
import { touchKey } from "./identity/credential.lib";
import {
  insertIssuedKey,
  insertKey,
  listKeys,
  requireHeld,
  requireMayManage,
  requireWorking,
} from "./identity/keys.lib";
import { actorOf, recordAct } from "./lib/audit.lib";
import { idempotencyArg, once, onceOf } from "./lib/idempotency.lib";
import { getOwned } from "./lib/owned.lib";
import { pageArgs, pageOf } from "./lib/page.lib";
import { readBack } from "./lib/readBack.lib";
import { ifMatch, requireRevision, revisionOf } from "./lib/revision.lib";
import { giveBack } from "./lib/usage.lib";
import { emit } from "./outgoing/emit.lib";
import { disableEndpointsOf, moveEndpoints } from "./outgoing/endpoint.lib";
import schema from "./schema";

const apiKey = schema.doc("apiKeys");
/** The parts of a new key that the database stores. It never stores the key itself. */
const newKeyParts = { publicId: v.string(), hash: v.string() };

const keyRef = { caller, keyId: v.string() };

export const list = internalQuery({
  args: {
    ownerId: v.id("users"),
    status: v.optional(v.union(v.literal("active"), v.literal("revoked"))),
    ...pageArgs,
  },
  returns: pageOf(apiKey),
  handler: listKeys,
});

export const get = internalQuery({
  args: { ownerId: v.id("users"), keyId: v.string() },
  returns: apiKey,
  handler: (ctx, { ownerId, keyId }) => getOwned(ctx, "apiKeys", ownerId, keyId),
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
      await recordAct(ctx, "key.created", created._id, actorOf(caller));
      return created;
    });
  },
});

/**
 * Changes the given fields; an `expiresAt` of null removes the expiry. Refuses scopes that the caller lacks, and with `conflict` a
 * key that no longer works, because a change must not bring it back.
 */
export const update = internalMutation({
  args: {
    ...keyRef,
    ifMatch,
    name: v.optional(v.string()),
    scopes: v.optional(v.array(v.string())),
    expiresAt: v.optional(v.union(v.number(), v.null())),
  },
  returns: apiKey,
  handler: async (ctx, { caller, keyId, ifMatch: expected, name, scopes, expiresAt }) => {
    const found = await getOwned(ctx, "apiKeys", caller.userId, keyId);
    requireRevision(found, expected);
    await requireMayManage(ctx, caller, found, "change a key with");
    if (scopes !== undefined) await requireHeld(ctx, caller, scopes);
    requireWorking(found, "changed");
    await ctx.db.patch("apiKeys", found._id, {
      ...(name !== undefined && { name }),
      ...(scopes !== undefined && { scopes }),
      // The expiry is then the key's own, also during the overlap of a rotation.
      ...(expiresAt !== undefined && { expiresAt: expiresAt ?? undefined, ownExpiresAt: undefined }),
      revision: revisionOf(found) + 1,
    });
    await recordAct(ctx, "key.updated", found._id, actorOf(caller));
    return readBack(ctx, "apiKeys", found._id);
  },
});

/** Revokes a key immediately. Revoking it again changes nothing. A key may always revoke itself. */
export const revoke = internalMutation({
  args: { ...keyRef, ifMatch },
  returns: v.null(),
  handler: async (ctx, { caller, keyId, ifMatch: expected }) => {
    const found = await getOwned(ctx, "apiKeys", caller.userId, keyId);
    requireRevision(found, expected);
    await requireMayManage(ctx, caller, found, "revoke a key with");
    if (found.revokedAt !== undefined) return null;
    const revokedAt = Date.now();
    await ctx.db.patch("apiKeys", found._id, { revokedAt, revoked: true, revision: revisionOf(found) + 1 });
    await giveBack(ctx, "keys", found);
    await disableEndpointsOf(ctx, found._id);
    await emit(ctx, "key.revoked", { ...found, revokedAt });
    await recordAct(ctx, "key.revoked", found._id, actorOf(caller));
    return null;
  },
});

/** Replaces a key with a new one. The old key still works for `overlapSeconds`; 0 revokes it immediately. */
export const rotate = internalMutation({
  args: { ...keyRef, overlapSeconds: v.number(), ...newKeyParts },
  returns: apiKey,
  handler: async (ctx, { caller, keyId, overlapSeconds, publicId, hash }) => {
    const now = Date.now();
    const old = await getOwned(ctx, "apiKeys", caller.userId, keyId);
    await requireMayManage(ctx, caller, old, "hand out");
    requireWorking(old, "rotated");
    const end = now + overlapSeconds * 1000;
    // A client that did not receive the response may rotate again during the overlap.
    const ownExpiresAt = old.ownExpiresAt !== undefined ? old.ownExpiresAt : (old.expiresAt ?? null);
    await ctx.db.patch("apiKeys", old._id, {
      ...(overlapSeconds === 0
        ? { revokedAt: now, revoked: true as const }
        : { expiresAt: Math.min(end, old.expiresAt ?? end), ownExpiresAt }),
      revision: revisionOf(old) + 1,
    });
    if (overlapSeconds === 0) await giveBack(ctx, "keys", old);
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
    await recordAct(ctx, "key.rotated", old._id, actorOf(caller));
    await recordAct(ctx, "key.created", rotated._id, actorOf(caller));
    return rotated;
  },
});

/** Sets a key's `lastUsedAt`, at most once a minute. */
export const touch = internalMutation({
  args: { keyId: v.id("apiKeys") },
  returns: v.null(),
  handler: async (ctx, { keyId }) => {
    const found = await ctx.db.get("apiKeys", keyId);
    if (found && isTouchDue(found.lastUsedAt)) await touchKey(ctx, found);
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
