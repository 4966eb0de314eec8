import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { applyClerkUser } from "./identity/clerkUser.lib";
import { eraseOwnedBatch, eraseUser } from "./identity/deletion.lib";
import {
  changeUser,
  insertUser,
  listUsers,
  rememberDeletion,
  requireUser,
  setUserScopes,
  userByClerkId,
  userByEmail,
} from "./identity/users.lib";
import { byArg, OPERATOR } from "./lib/audit.lib";
import { fail } from "./lib/failure.lib";
import { idempotencyArg, once, onceOf } from "./lib/idempotency.lib";
import { pageArgs, pageOf } from "./lib/page.lib";
import { ifMatch, requireRevision } from "./lib/revision.lib";
import { eventVersion } from "./webhooks/event.lib";
import schema from "./schema";

const user = schema.doc("users");

export const get = internalQuery({
  args: { userId: v.string() },
  returns: user,
  handler: (ctx, { userId }) => requireUser(ctx, userId),
});

export const list = internalQuery({
  args: { email: v.optional(v.string()), ...pageArgs },
  returns: pageOf(user),
  handler: listUsers,
});

/** Inserts a user. Refuses an email that another user has, ignoring the case of ASCII letters. */
export const register = internalMutation({
  args: { email: v.string(), name: v.string(), ...idempotencyArg },
  returns: onceOf(user),
  handler: (ctx, { idempotency, email, name }) =>
    once(ctx, idempotency, async () => {
      if (await userByEmail(ctx, email)) fail("conflict", `email: ${email} belongs to another user`);
      return insertUser(ctx, { email, name });
    }),
});

export const edit = internalMutation({
  args: { userId: v.string(), ifMatch, email: v.optional(v.string()), name: v.optional(v.string()) },
  returns: user,
  handler: async (ctx, { userId, ifMatch: expected, email, name }) => {
    const found = await requireUser(ctx, userId);
    requireRevision(found, expected);
    const holder = email === undefined ? null : await userByEmail(ctx, email);
    if (holder && holder._id !== found._id)
      fail("conflict", `email: ${holder.email} belongs to another user`);
    return changeUser(ctx, found, {
      ...(email !== undefined && { email, emailVerified: undefined }),
      ...(name !== undefined && { name }),
    });
  },
});

/** Deletes a user. The user's keys stop working immediately. The user's documents are deleted in batches afterwards. */
export const erase = internalMutation({
  args: { userId: v.string(), ifMatch, ...byArg },
  returns: v.null(),
  handler: async (ctx, { userId, ifMatch: expected, by = OPERATOR }) => {
    const found = await requireUser(ctx, userId);
    requireRevision(found, expected);
    await eraseUser(ctx, found, by);
    return null;
  },
});

/** Deletes the documents of a deleted user, in batches. */
export const eraseOwned = internalMutation({
  args: { userId: v.id("users") },
  returns: v.null(),
  handler: eraseOwnedBatch,
});

const clerkUser = {
  clerkId: v.string(),
  name: v.optional(v.string()),
  email: v.optional(v.string()),
  /** Whether Clerk has verified the email. */
  emailVerified: v.boolean(),
  /** A banned user is suspended: the API refuses the user's keys and tokens. */
  banned: v.optional(v.boolean()),
  version: eventVersion,
};

/** Creates or updates a user from a Clerk event. Ignores an event that is older than the last one, or for a deleted user. */
export const update = internalMutation({
  args: { ...clerkUser, ...byArg },
  returns: v.null(),
  handler: (ctx, { by = OPERATOR, ...event }) => applyClerkUser(ctx, event, by),
});

/** Handles the creation of a Clerk user like an update, because an update may have arrived first. */
export const create = update;

/** Deletes the user with a Clerk id, and stores the id as deleted: no later event or token recreates the user. */
export const remove = internalMutation({
  args: { clerkId: v.string(), ...byArg },
  returns: v.null(),
  handler: async (ctx, { clerkId, by = OPERATOR }) => {
    const found = await userByClerkId(ctx, clerkId);
    if (found) await eraseUser(ctx, found, by);
    else await rememberDeletion(ctx, clerkId);
    return null;
  },
});

/**
 * Changes the scopes of a user's tokens. For operators:
 * `npx convex run users:setScopes '{"email": "ada@example.com", "scopes": ["items:read"]}'`.
 */
export const setScopes = internalMutation({
  args: { email: v.string(), scopes: v.array(v.string()) },
  returns: user,
  handler: setUserScopes,
});
