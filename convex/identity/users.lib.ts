/**
 * The one module that reads and writes the tables `users` and `deletedClerkUsers`. Everything else, from keys to webhooks, goes
 * through these functions, so that another app can put its own users behind them.
 */
import type { WithoutSystemFields } from "convex/server";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { fail } from "../lib/failure.lib";
import { foldEmail } from "../lib/email.lib";
import { readPage, within, type Page, type PageRequest } from "../lib/page.lib";
import { readBack } from "../lib/readBack.lib";
import { requireKnownScopes, type Scope } from "./scopes.lib";

/** The scopes of a new user's tokens: the user's own things, nothing of the deployment. */
export const NEW_USER_SCOPES: readonly Scope[] = [
  "items:read",
  "items:write",
  "files:read",
  "files:write",
  "keys:read",
  "keys:write",
  "jobs:read",
  "jobs:write",
];

/** What this module keeps up to date by itself: `emailKey` follows the email, `revision` counts the writes. */
type Derived = "emailKey" | "revision";
type Fields = WithoutSystemFields<Doc<"users">>;

export const userById = (ctx: QueryCtx, id: Id<"users">): Promise<Doc<"users"> | null> =>
  ctx.db.get("users", id);

/** The user of an id in a path. Refuses with `not_found`, for a malformed id too. */
export async function requireUser(ctx: QueryCtx, userId: string): Promise<Doc<"users">> {
  const id = ctx.db.normalizeId("users", userId);
  return (id && (await userById(ctx, id))) ?? fail("not_found", `No user ${userId}`);
}

/** One page of all users, newest first. */
export const listUsers = (ctx: QueryCtx, page: PageRequest): Promise<Page<Doc<"users">>> =>
  readPage(page, (range, count) =>
    ctx.db
      .query("users")
      .withIndex("by_creation_time", (q) => within(q, range))
      .order("desc")
      .take(count),
  );

/**
 * The user who holds an email, or null. Emails are equal if they are so with their ASCII letters in lower case.
 *
 * Until `migrations:foldEmails` has run, a stored key may be the email in JavaScript's lower case. So both keys are looked
 * up, and only the email decides.
 */
export async function userByEmail(ctx: QueryCtx, email: string): Promise<Doc<"users"> | null> {
  const folded = foldEmail(email);
  for (const emailKey of new Set([folded, email.toLowerCase()])) {
    const holders = ctx.db.query("users").withIndex("by_email", (q) => q.eq("emailKey", emailKey));
    for await (const user of holders) if (foldEmail(user.email) === folded) return user;
  }
  return null;
}

/** The user of a Clerk id, or null. */
export function userByClerkId(ctx: QueryCtx, clerkId: string): Promise<Doc<"users"> | null> {
  return ctx.db
    .query("users")
    .withIndex("by_clerk_id", (q) => q.eq("clerkId", clerkId))
    .unique();
}

/** The user to whom tokens of this identifier have been linked, or null. */
export function userByTokenIdentifier(ctx: QueryCtx, tokenIdentifier: string): Promise<Doc<"users"> | null> {
  return ctx.db
    .query("users")
    .withIndex("by_token_identifier", (q) => q.eq("tokenIdentifier", tokenIdentifier))
    .unique();
}

/**
 * The user whom an operator names by email, or null. Refuses if the user has only claimed the email: an operator's grant must
 * not reach a user who does not own the address.
 */
export async function userForOperator(ctx: QueryCtx, email: string): Promise<Doc<"users"> | null> {
  const found = await userByEmail(ctx, email);
  if (found?.emailVerified !== false) return found;
  const remedy = `Change the user's email over PATCH /api/users/${found._id}, to the same one if it is theirs`;
  return fail("conflict", `email: no issuer has verified that ${email} is this user's. ${remedy}`);
}

/**
 * Whether a verified email is enough to become this user: only if no issuer has named the user yet. Otherwise two people could
 * share an account, one of whom has only claimed the email.
 */
export function isUnclaimed({ tokenIdentifier, clerkId }: Doc<"users">): boolean {
  return tokenIdentifier === undefined && clerkId === undefined;
}

/** Inserts a user. The caller checks, in the same transaction, that no other user holds the email. */
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
  return readBack(ctx, "users", id);
}

/** Changes fields of a user. The caller checks, as for `insertUser`, that no other user holds a new email. */
export async function changeUser(
  ctx: MutationCtx,
  user: Doc<"users">,
  fields: Partial<Omit<Fields, Derived | "emailVerified" | "suspended">> & {
    emailVerified?: false | undefined;
    suspended?: true | undefined;
  },
): Promise<Doc<"users">> {
  await ctx.db.patch("users", user._id, {
    ...fields,
    ...(fields.email !== undefined && { emailKey: foldEmail(fields.email) }),
    revision: user.revision + 1,
  });
  return readBack(ctx, "users", user._id);
}

/** Gives a user's tokens these scopes. For operators: refuses an unknown scope, and an email that no user has proved. */
export async function setUserScopes(
  ctx: MutationCtx,
  { email, scopes }: { email: string; scopes: string[] },
): Promise<Doc<"users">> {
  requireKnownScopes(scopes);
  const found = (await userForOperator(ctx, email)) ?? fail("not_found", `No user ${email}`);
  return changeUser(ctx, found, { scopes });
}

/** A unique address for a user without an email. */
export const placeholderEmail = (name: string): string => `${name}@no-email.invalid`;

/** Takes an email from a user who has only claimed it, because another user has proved it. */
export async function releaseEmail(ctx: MutationCtx, user: Doc<"users">): Promise<void> {
  await changeUser(ctx, user, { email: placeholderEmail(user._id) });
}

/** Deletes a user. A Clerk id is remembered, so that no late event or token brings the user back. */
export async function deleteUser(ctx: MutationCtx, user: Doc<"users">): Promise<void> {
  await ctx.db.delete("users", user._id);
  if (user.clerkId !== undefined) await rememberDeletion(ctx, user.clerkId);
}

/** Remembers that Clerk has deleted a user, whether or not the user was known here. */
export async function rememberDeletion(ctx: MutationCtx, clerkId: string): Promise<void> {
  if (!(await wasDeletedFromClerk(ctx, clerkId))) await ctx.db.insert("deletedClerkUsers", { clerkId });
}

/** Whether a user of that Clerk id was deleted. */
export async function wasDeletedFromClerk(ctx: QueryCtx, clerkId: string): Promise<boolean> {
  const deleted = ctx.db.query("deletedClerkUsers").withIndex("by_clerk_id", (q) => q.eq("clerkId", clerkId));
  return (await deleted.first()) !== null;
}
