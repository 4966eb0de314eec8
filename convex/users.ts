import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { internalMutation, internalQuery, type MutationCtx, type QueryCtx } from "./_generated/server";
import { foldEmail } from "./lib/email.lib";
import { fail } from "./lib/failure.lib";
import { deleteFile } from "./lib/files.lib";
import { idempotencyArg, once, onceOf } from "./lib/idempotency.lib";
import { deleteJob } from "./lib/jobs.lib";
import { pageArgs, pageOf, readPage, within } from "./lib/page.lib";
import { ifMatch, requireRevision } from "./lib/revision.lib";
import { requireKnown } from "./lib/scopes.lib";
import { applyClerkUser } from "./lib/clerkUsers.lib";
import { eventVersion } from "./lib/eventVersion.lib";
import { insertUser, userByClerkId, userByEmail, userNamed, wasDeletedFromClerk } from "./lib/users.lib";
import { written } from "./lib/written.lib";
import schema from "./schema";

const user = schema.doc("users");

async function existing(ctx: QueryCtx, userId: string): Promise<Doc<"users">> {
  const id = ctx.db.normalizeId("users", userId);
  return (id && (await ctx.db.get("users", id))) ?? fail("not_found", `No user ${userId}`);
}

export const get = internalQuery({
  args: { userId: v.string() },
  returns: user,
  handler: (ctx, { userId }) => existing(ctx, userId),
});

export const list = internalQuery({
  args: pageArgs,
  returns: pageOf(user),
  handler: (ctx, page) =>
    readPage(page, (range, count) =>
      ctx.db
        .query("users")
        .withIndex("by_creation_time", (q) => within(q, range))
        .order("desc")
        .take(count),
    ),
});

/** Adds a user whose email nobody else has, in any letter case. */
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
    const found = await existing(ctx, userId);
    requireRevision(found, expected);
    const holder = email === undefined ? null : await userByEmail(ctx, email);
    if (holder && holder._id !== found._id)
      fail("conflict", `email: ${holder.email} belongs to another user`);
    await ctx.db.patch("users", found._id, {
      ...(email !== undefined && { email, emailKey: foldEmail(email), emailVerified: undefined }),
      ...(name !== undefined && { name }),
      revision: found.revision + 1,
    });
    return existing(ctx, found._id);
  },
});

/**
 * Deletes a user. Its keys die with it at once, because a key is only as good as its owner; what it owned follows in
 * batches, each a transaction of its own.
 */
export const erase = internalMutation({
  args: { userId: v.string(), ifMatch },
  returns: v.null(),
  handler: async (ctx, { userId, ifMatch: expected }) => {
    const found = await existing(ctx, userId);
    requireRevision(found, expected);
    await eraseUser(ctx, found);
    return null;
  },
});

async function eraseUser(ctx: MutationCtx, user: Doc<"users">): Promise<void> {
  await ctx.db.delete("users", user._id);
  if (user.clerkId !== undefined) await ctx.db.insert("deletedClerkUsers", { clerkId: user.clerkId });
  const userId = user._id;
  await ctx.scheduler.runAfter(0, internal.users.eraseOwned, { userId });
  await ctx.scheduler.runAfter(LAST_WRITE_MS, internal.users.eraseOwned, { userId });
}

/**
 * Milliseconds after a user's deletion at which no request that was admitted before it can still write. An action of Convex
 * runs for up to 1,800 s; a minute more covers the transaction that it ends with.
 */
const LAST_WRITE_MS = (1_800 + 60) * 1000;

/** Documents deleted in one transaction: far below Convex's limits, so that a batch never fails for its size. */
const BATCH = 200;

/** Deletes what a deleted user left behind, one batch, and schedules the next until nothing is left. */
export const eraseOwned = internalMutation({
  args: { userId: v.id("users") },
  returns: v.null(),
  handler: async (ctx, { userId }) => {
    const { db } = ctx;
    const keys = await db
      .query("apiKeys")
      .withIndex("by_user", (q) => q.eq("userId", userId))
      .take(BATCH);
    const items = await db
      .query("items")
      .withIndex("by_owner", (q) => q.eq("ownerId", userId))
      .take(BATCH);
    const jobs = await db
      .query("jobs")
      .withIndex("by_owner", (q) => q.eq("ownerId", userId))
      .take(BATCH);
    const files = await db
      .query("files")
      .withIndex("by_owner", (q) => q.eq("ownerId", userId))
      .take(BATCH);
    for (const { _id } of keys) await db.delete("apiKeys", _id);
    for (const { _id } of items) await db.delete("items", _id);
    for (const job of jobs) await deleteJob(ctx, job);
    for (const file of files) await deleteFile(ctx, file);
    if ([keys, items, jobs, files].some((batch) => batch.length === BATCH)) {
      await ctx.scheduler.runAfter(0, internal.users.eraseOwned, { userId });
    }
    return null;
  },
});

const clerkUser = {
  clerkId: v.string(),
  name: v.string(),
  email: v.optional(v.string()),
  /** Whether Clerk has verified that the email is the user's. */
  emailVerified: v.boolean(),
  version: eventVersion,
};

/** Brings a user to the state of an event of Clerk. Late events come too: what is newer stays, a deleted user stays deleted. */
export const update = internalMutation({
  args: clerkUser,
  returns: v.null(),
  handler: applyClerkUser,
});

/** The same for a user that Clerk has just made: its updates may have come before. */
export const create = internalMutation({
  args: clerkUser,
  returns: v.null(),
  handler: applyClerkUser,
});

/** Deletes the user of a Clerk id, and remembers it: no later event or token brings it back. */
export const remove = internalMutation({
  args: { clerkId: v.string() },
  returns: v.null(),
  handler: async (ctx, { clerkId }) => {
    const found = await userByClerkId(ctx, clerkId);
    if (found) await eraseUser(ctx, found);
    else if (!(await wasDeletedFromClerk(ctx, clerkId)))
      await ctx.db.insert("deletedClerkUsers", { clerkId });
    return null;
  },
});

/**
 * How an operator changes what a user may do with a token of its own:
 * `npx convex run users:setScopes '{"email": "ada@example.com", "scopes": ["items:read"]}'`.
 */
export const setScopes = internalMutation({
  args: { email: v.string(), scopes: v.array(v.string()) },
  returns: user,
  handler: async (ctx, { email, scopes }) => {
    requireKnown(scopes);
    const found = (await userNamed(ctx, email)) ?? fail("not_found", `No user ${email}`);
    await ctx.db.patch("users", found._id, { scopes, revision: found.revision + 1 });
    return written(ctx, "users", found._id);
  },
});
