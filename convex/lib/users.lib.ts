import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { foldEmail } from "./email.lib";
import { fail } from "./failure.lib";
import { NEW_USER_SCOPES } from "./scopes.lib";
import { written } from "./written.lib";

/**
 * The user who holds an email, or null. ASCII letters count the same in either case, nothing else does.
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

/**
 * Whether a verified email is enough to become this user: only where no issuer has said yet who it is. Else two people might
 * share an account, of whom one has only claimed the email.
 */
export function isJoinable({ tokenIdentifier, clerkId }: Doc<"users">): boolean {
  return tokenIdentifier === undefined && clerkId === undefined;
}

/** The user whom an operator names by email, or null. Nobody is given anything for an email that they have only claimed. */
export async function userNamed(ctx: QueryCtx, email: string): Promise<Doc<"users"> | null> {
  const found = await userByEmail(ctx, email);
  if (found?.emailVerified !== false) return found;
  const remedy = `Change the user's email over PATCH /api/users/${found._id}, to the same one if it is theirs`;
  return fail("conflict", `email: no issuer has verified that ${email} is this user's. ${remedy}`);
}

/** An address for who has none. */
export const noEmail = (name: string): string => `${name}@no-email.invalid`;

/** Takes an email from a user who has only claimed it, for the one who has proved it. */
export async function giveUpEmail(ctx: MutationCtx, user: Doc<"users">): Promise<void> {
  const email = noEmail(user._id);
  await ctx.db.patch("users", user._id, { email, emailKey: foldEmail(email), revision: user.revision + 1 });
}

/** The user of a Clerk id, or null. */
export function userByClerkId(ctx: QueryCtx, clerkId: string): Promise<Doc<"users"> | null> {
  return ctx.db
    .query("users")
    .withIndex("by_clerk_id", (q) => q.eq("clerkId", clerkId))
    .unique();
}

/** True when a user of that Clerk id was deleted: nothing that comes late may bring it back. */
export async function wasDeletedFromClerk(ctx: QueryCtx, clerkId: string): Promise<boolean> {
  const deleted = ctx.db.query("deletedClerkUsers").withIndex("by_clerk_id", (q) => q.eq("clerkId", clerkId));
  return (await deleted.first()) !== null;
}

/** Writes a new user. That the email is free is for the caller to see to, in the same transaction. */
export async function insertUser(
  ctx: MutationCtx,
  user: Pick<
    Doc<"users">,
    "email" | "emailVerified" | "name" | "clerkId" | "clerkVersion" | "tokenIdentifier"
  >,
): Promise<Doc<"users">> {
  const id = await ctx.db.insert("users", {
    ...user,
    emailKey: foldEmail(user.email),
    scopes: [...NEW_USER_SCOPES],
    revision: 1,
  });
  return written(ctx, "users", id);
}
