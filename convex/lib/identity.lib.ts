import type { UserIdentity } from "convex/server";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { clerkIssuer } from "./env.lib";
import { insertUser, userByClerkId, userByEmail, wasDeletedFromClerk } from "./users.lib";
import { written } from "./written.lib";

/**
 * The user behind a verified token. On the first visit the token is linked to a user who is known already: by Clerk's id,
 * or by email where the issuer says that it is verified. Else a new user is made of the claims.
 *
 * @returns Null where neither is safe: the email is somebody else's and not verified, or the user was deleted in Clerk.
 */
export async function userOfIdentity(ctx: MutationCtx, identity: UserIdentity): Promise<Doc<"users"> | null> {
  const { tokenIdentifier } = identity;
  const known = await ctx.db
    .query("users")
    .withIndex("by_token_identifier", (q) => q.eq("tokenIdentifier", tokenIdentifier))
    .unique();
  if (known) return known;

  const clerkId = identity.issuer === clerkIssuer() ? identity.subject : undefined;
  if (clerkId !== undefined && (await wasDeletedFromClerk(ctx, clerkId))) return null;
  const byClerkId = clerkId === undefined ? null : await userByClerkId(ctx, clerkId);
  const byEmail = identity.email === undefined ? null : await userByEmail(ctx, identity.email);
  const user = byClerkId ?? (byEmail && mayJoin(byEmail, identity, clerkId) ? byEmail : null);
  if (user) {
    // With the Clerk id, Clerk's events find the user from now on: its deletion above all.
    const joined = { tokenIdentifier, ...(clerkId !== undefined && { clerkId }) };
    await ctx.db.patch("users", user._id, { ...joined, revision: user.revision + 1 });
    return written(ctx, "users", user._id);
  }
  if (byEmail) return null;
  return insertUser(ctx, {
    tokenIdentifier,
    ...(clerkId !== undefined && { clerkId }),
    email: identity.email ?? `${crypto.randomUUID()}@no-email.invalid`,
    name: identity.name ?? identity.nickname ?? identity.email ?? "",
  });
}

/** Whether the token's subject is the user of its email: one who is linked to no token yet, and to no other Clerk id. */
function mayJoin(user: Doc<"users">, identity: UserIdentity, clerkId: string | undefined): boolean {
  if (identity.emailVerified !== true || user.tokenIdentifier !== undefined) return false;
  return clerkId === undefined || user.clerkId === undefined;
}
