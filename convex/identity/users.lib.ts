/**
 * The only module that reads and writes the tables `users` and `deletedClerkUsers`. All other code, from keys to webhooks,
 * calls these functions, so that an app can implement them with its own users.
 */
import type { WithoutSystemFields } from "convex/server";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { OPERATOR, recordAct, type Actor } from "../lib/audit.lib";
import { fail } from "../lib/failure.lib";
import { foldEmail } from "../lib/email.lib";
import { among, readPage, within, type Page, type PageRequest } from "../lib/page.lib";
import { readBack } from "../lib/readBack.lib";
import { emit } from "../outgoing/emit.lib";
import { toUser } from "../views/user.lib";
import { requireKnownScopes, type Scope } from "./scopes.lib";

/** The scopes of a new user's tokens. They cover the user's own resources, not those of the deployment. */
export const NEW_USER_SCOPES: readonly Scope[] = [
  "items:read",
  "items:write",
  "files:read",
  "files:write",
  "keys:read",
  "keys:write",
  "jobs:read",
  "jobs:write",
  "endpoints:read",
  "endpoints:write",
];

/** The fields that this module derives: `emailKey` follows the email, and `revision` counts the writes. */
type Derived = "emailKey" | "revision";
type Fields = WithoutSystemFields<Doc<"users">>;

export const userById = (ctx: QueryCtx, id: Id<"users">): Promise<Doc<"users"> | null> =>
  ctx.db.get("users", id);

/** Returns the user with the id from a path. Refuses with `not_found` if the id is unknown or malformed. */
export async function requireUser(ctx: QueryCtx, userId: string): Promise<Doc<"users">> {
  const id = ctx.db.normalizeId("users", userId);
  return (id && (await userById(ctx, id))) ?? fail("not_found", `No user ${userId}`);
}

/** Returns one page of all users, or of the user with an email. */
export async function listUsers(
  ctx: QueryCtx,
  { email, ...page }: PageRequest & { email?: string },
): Promise<Page<Doc<"users">>> {
  const users = ctx.db.query("users");
  if (email === undefined)
    return readPage(page, (range) => users.withIndex("by_creation_time", (q) => within(q, range)));
  const found = await userByEmail(ctx, email);
  return readPage(page, (range) => among(found ? [found] : [], range));
}

/**
 * Returns the user with an email, or null. The comparison ignores the case of ASCII letters.
 *
 * Until `migrations:foldEmails` has run, a stored `emailKey` may be the email in JavaScript's lower case. The function
 * therefore looks up both keys, and compares the emails themselves.
 */
export async function userByEmail(ctx: QueryCtx, email: string): Promise<Doc<"users"> | null> {
  const folded = foldEmail(email);
  for (const emailKey of new Set([folded, email.toLowerCase()])) {
    const holders = ctx.db.query("users").withIndex("by_email", (q) => q.eq("emailKey", emailKey));
    for await (const user of holders) if (foldEmail(user.email) === folded) return user;
  }
  return null;
}

/** Returns the user with a Clerk id, or null. */
export function userByClerkId(ctx: QueryCtx, clerkId: string): Promise<Doc<"users"> | null> {
  return ctx.db
    .query("users")
    .withIndex("by_clerk_id", (q) => q.eq("clerkId", clerkId))
    .unique();
}

/** Returns the user that tokens with this identifier are linked to, or null. */
export function userByTokenIdentifier(ctx: QueryCtx, tokenIdentifier: string): Promise<Doc<"users"> | null> {
  return ctx.db
    .query("users")
    .withIndex("by_token_identifier", (q) => q.eq("tokenIdentifier", tokenIdentifier))
    .unique();
}

/**
 * Returns the user that an operator names by email, or null. Refuses with `conflict` if the email is unverified: an operator's
 * grant must not reach a user who does not own the address.
 */
export async function userForOperator(ctx: QueryCtx, email: string): Promise<Doc<"users"> | null> {
  const found = await userByEmail(ctx, email);
  if (found?.emailVerified !== false) return found;
  const remedy = `Confirm it, or set another email, with PATCH /api/users/${found._id}`;
  return fail("conflict", `email: no issuer has verified ${email} for this user. ${remedy}`);
}

/**
 * Returns whether a verified email is enough to sign in as this user. It is enough only if the user is not linked to an issuer
 * yet. Otherwise a person who only claimed the email could share an account with the owner of the email.
 */
export function isUnclaimed({ tokenIdentifier, clerkId }: Doc<"users">): boolean {
  return tokenIdentifier === undefined && clerkId === undefined;
}

/** Inserts a user. The calling function must first check, in the same transaction, that no other user has the email. */
export async function insertUser(
  ctx: MutationCtx,
  user: Omit<Fields, Derived | "scopes">,
): Promise<Doc<"users">> {
  const id = await ctx.db.insert("users", {
    ...user,
    emailKey: foldEmail(user.email),
    scopes: [...NEW_USER_SCOPES],
    revision: 1,
  });
  const inserted = await readBack(ctx, "users", id);
  await emit(ctx, "user.created", inserted);
  return inserted;
}

/** The fields that do not decide what the user may do. */
type Profile = Partial<Omit<Fields, Derived | "emailVerified" | "suspended" | "scopes">> & {
  emailVerified?: false | undefined;
};
/** The fields that decide what the user may do. The audit log records their changes. */
type Access = { scopes?: string[]; suspended?: true | undefined };

/** Changes fields of a user. The calling function must first check, in the same transaction, that a new email is unused. */
export const changeUser = (ctx: MutationCtx, user: Doc<"users">, fields: Profile): Promise<Doc<"users">> =>
  writeUser(ctx, user, fields);

/** Changes fields of a user like `changeUser`, also what the user may do, and records by whom. */
export async function changeAccess(
  ctx: MutationCtx,
  user: Doc<"users">,
  fields: Profile & Access,
  by: Actor,
): Promise<Doc<"users">> {
  const changed = await writeUser(ctx, user, fields);
  if (changed.suspended !== user.suspended)
    await recordAct(ctx, changed.suspended ? "user.suspended" : "user.reinstated", user._id, by);
  if (JSON.stringify(changed.scopes) !== JSON.stringify(user.scopes))
    await recordAct(ctx, "user.scopes_changed", user._id, by);
  return changed;
}

async function writeUser(
  ctx: MutationCtx,
  user: Doc<"users">,
  fields: Profile & Access,
): Promise<Doc<"users">> {
  await ctx.db.patch("users", user._id, {
    ...fields,
    ...(fields.email !== undefined && { emailKey: foldEmail(fields.email) }),
    revision: user.revision + 1,
  });
  const changed = await readBack(ctx, "users", user._id);
  // Some changes, such as one of the scopes, do not show in the API.
  if (JSON.stringify(toUser(changed)) !== JSON.stringify(toUser(user)))
    await emit(ctx, "user.updated", changed);
  return changed;
}

/** Sets the scopes of a user's tokens, for an operator. Refuses an unknown scope, and an unknown or unverified email. */
export async function setUserScopes(
  ctx: MutationCtx,
  { email, scopes }: { email: string; scopes: string[] },
): Promise<Doc<"users">> {
  requireKnownScopes(scopes);
  const found = (await userForOperator(ctx, email)) ?? fail("not_found", `No user ${email}`);
  return changeAccess(ctx, found, { scopes }, OPERATOR);
}

/** Returns a unique address for a user without an email. */
export const placeholderEmail = (name: string): string => `${name}@no-email.invalid`;

/** Replaces an unverified email of a user with a placeholder, because another user has verified the email. */
export async function releaseEmail(ctx: MutationCtx, user: Doc<"users">): Promise<void> {
  await changeUser(ctx, user, { email: placeholderEmail(user._id) });
}

/** Deletes a user, and stores the user's Clerk id as deleted, so that no late event or token recreates the user. */
export async function deleteUser(ctx: MutationCtx, user: Doc<"users">, by: Actor): Promise<void> {
  await ctx.db.delete("users", user._id);
  await recordAct(ctx, "user.deleted", user._id, by);
  await emit(ctx, "user.deleted", user);
  if (user.clerkId !== undefined) await rememberDeletion(ctx, user.clerkId);
}

/** Stores a Clerk id as deleted. A user with this Clerk id need not exist. */
export async function rememberDeletion(ctx: MutationCtx, clerkId: string): Promise<void> {
  if (!(await wasDeletedFromClerk(ctx, clerkId))) await ctx.db.insert("deletedClerkUsers", { clerkId });
}

/** Returns whether a Clerk id is stored as deleted. */
export async function wasDeletedFromClerk(ctx: QueryCtx, clerkId: string): Promise<boolean> {
  const deleted = ctx.db.query("deletedClerkUsers").withIndex("by_clerk_id", (q) => q.eq("clerkId", clerkId));
  return (await deleted.first()) !== null;
}
