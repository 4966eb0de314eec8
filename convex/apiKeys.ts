import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import {
  internalAction,
  internalMutation,
  internalQuery,
  type MutationCtx,
  type QueryCtx,
} from "./_generated/server";
import { newApiKey, TOUCH_AFTER_MS } from "./lib/apiKey.lib";
import { caller, type Caller } from "./lib/caller.lib";
import { fail } from "./lib/failure.lib";
import { idempotencyArg, once, onceOf } from "./lib/idempotency.lib";
import { pageArgs, pageOf, readPage, within } from "./lib/page.lib";
import { firstLacking, lacks, requireKnown } from "./lib/scopes.lib";
import { scopesNow } from "./lib/scopesNow.lib";
import { insertUser, userNamed } from "./lib/users.lib";
import { written } from "./lib/written.lib";
import schema from "./schema";

const apiKey = schema.doc("apiKeys");
/** What the database learns of a fresh key: never the key itself. */
const fresh = { publicId: v.string(), hash: v.string() };

async function owned(ctx: QueryCtx, args: { ownerId: Id<"users">; keyId: string }): Promise<Doc<"apiKeys">> {
  const id = ctx.db.normalizeId("apiKeys", args.keyId);
  const found = id && (await ctx.db.get("apiKeys", id));
  return found?.userId === args.ownerId ? found : fail("not_found", `No key ${args.keyId}`);
}

export const list = internalQuery({
  args: { ownerId: v.id("users"), ...pageArgs },
  returns: pageOf(apiKey),
  handler: (ctx, { ownerId, ...page }) =>
    readPage(page, (range, count) =>
      ctx.db
        .query("apiKeys")
        .withIndex("by_user", (q) => within(q.eq("userId", ownerId), range))
        .order("desc")
        .take(count),
    ),
});

/** Records a key for the caller's user. Nobody hands out what they lack. */
export const create = internalMutation({
  args: {
    caller,
    name: v.string(),
    scopes: v.array(v.string()),
    expiresAt: v.optional(v.number()),
    ...fresh,
    ...idempotencyArg,
  },
  returns: onceOf(apiKey),
  handler: async (ctx, { caller, idempotency, ...key }) => {
    await requireHeld(ctx, caller, key.scopes);
    return once(ctx, idempotency, () => insertKey(ctx, { ...key, userId: caller.userId }));
  },
});

/** Refuses a key from this moment on. Revoking twice changes nothing. A key may always revoke itself. */
export const revoke = internalMutation({
  args: { caller, keyId: v.string() },
  returns: v.null(),
  handler: async (ctx, { caller, keyId }) => {
    const found = await owned(ctx, { ownerId: caller.userId, keyId });
    await requireMayManage(ctx, caller, found, "revoke a key with");
    if (found.revokedAt === undefined) await ctx.db.patch("apiKeys", found._id, { revokedAt: Date.now() });
    return null;
  },
});

/** Puts a fresh key in the place of another, which goes on working for the overlap (seconds; 0 ends it at once). */
export const rotate = internalMutation({
  args: { caller, keyId: v.string(), overlapSeconds: v.number(), ...fresh },
  returns: apiKey,
  handler: async (ctx, { caller, keyId, overlapSeconds, publicId, hash }) => {
    const now = Date.now();
    const old = await owned(ctx, { ownerId: caller.userId, keyId });
    await requireMayManage(ctx, caller, old, "hand out");
    if (old.revokedAt !== undefined) fail("conflict", "A revoked key cannot be rotated");
    if (old.expiresAt !== undefined && old.expiresAt <= now)
      fail("conflict", "An expired key cannot be rotated");
    const end = now + overlapSeconds * 1000;
    // Who has lost the answer may ask again while the overlap lasts.
    const ownExpiresAt = old.ownExpiresAt !== undefined ? old.ownExpiresAt : (old.expiresAt ?? null);
    await ctx.db.patch(
      "apiKeys",
      old._id,
      overlapSeconds === 0
        ? { revokedAt: now }
        : { expiresAt: Math.min(end, old.expiresAt ?? end), ownExpiresAt },
    );
    return insertKey(ctx, {
      userId: caller.userId,
      name: old.name,
      scopes: old.scopes,
      ...(ownExpiresAt !== null && { expiresAt: ownExpiresAt }),
      publicId,
      hash,
    });
  },
});

/** Notes that a key was used, unless that was noted lately. */
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

/** The owner of a key that an operator issues without naming an email. */
const OPERATOR_EMAIL = "operator@localhost";

/**
 * How an operator makes a key: `npx convex run apiKeys:issue '{"name": "first", "scopes": ["*"]}'`. The owner is found by
 * email, or created. The key is in the answer and nowhere else.
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
    const made = await ctx.runMutation(internal.apiKeys.recordIssued, {
      ...args,
      email: args.email ?? OPERATOR_EMAIL,
      publicId,
      hash,
    });
    return { id: made._id, key, userId: made.userId, scopes: made.scopes };
  },
});

export const recordIssued = internalMutation({
  args: { name: v.string(), scopes: v.array(v.string()), email: v.string(), ...fresh },
  returns: apiKey,
  handler: async (ctx, { email, ...key }) => {
    requireKnown(key.scopes);
    if (key.scopes.length === 0) fail("invalid_request", "scopes: must not be empty");
    if (key.name.trim() === "") fail("invalid_request", "name: must not be empty");
    if (!/^[^\s@]+@[^\s@]+$/.test(email)) fail("invalid_request", "email: must be an email address");
    const owner =
      (await userNamed(ctx, email)) ?? (await insertUser(ctx, { email, name: email.split("@")[0] ?? email }));
    return insertKey(ctx, { ...key, userId: owner._id });
  },
});

/**
 * Refuses a caller that lacks one of the scopes now. Between its admission and this transaction came its request's body, for
 * which it may take its time: a key that was revoked meanwhile must not leave another behind.
 */
async function requireHeld(ctx: QueryCtx, caller: Caller, wanted: readonly string[]): Promise<void> {
  const lacking = firstLacking(await scopesNow(ctx, caller), wanted);
  if (lacking !== undefined) lacks(lacking, "This credential cannot hand out the scope");
}

/**
 * Refuses a caller that may not change, rotate or revoke a key of its user. A key may do so with keys whose scopes it holds
 * itself, and so with itself; a token, which is its user's own, with each of the user's keys.
 */
async function requireMayManage(
  ctx: QueryCtx,
  caller: Caller,
  key: Doc<"apiKeys">,
  what: string,
): Promise<void> {
  const held = await scopesNow(ctx, caller);
  const lacking = caller.key && caller.key.id !== key._id ? firstLacking(held, key.scopes) : undefined;
  if (lacking !== undefined) lacks(lacking, `This credential cannot ${what} the scope`);
}

async function insertKey(
  ctx: MutationCtx,
  key: Omit<Doc<"apiKeys">, "_id" | "_creationTime" | "createdAt">,
): Promise<Doc<"apiKeys">> {
  const id = await ctx.db.insert("apiKeys", { ...key, createdAt: Date.now() });
  return written(ctx, "apiKeys", id);
}
