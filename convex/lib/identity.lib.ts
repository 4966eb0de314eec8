import type { UserIdentity } from "convex/server";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { clerkIssuer } from "./env.lib";
import {
  giveUpEmail,
  insertUser,
  isJoinable,
  noEmail,
  userByClerkId,
  userByEmail,
  wasDeletedFromClerk,
} from "./users.lib";
import { written } from "./written.lib";

/**
 * The user behind a verified token. On the first visit the token is linked to a user who is known already: by Clerk's id,
 * or by email where the issuer says that it is verified. Else a new user is made of the claims.
 *
 * @returns Null where neither is safe: the email is somebody else's, or the user was deleted in Clerk.
 */
export async function userOfIdentity(ctx: MutationCtx, identity: UserIdentity): Promise<Doc<"users"> | null> {
  const { tokenIdentifier, email } = identity;
  const known = await ctx.db
    .query("users")
    .withIndex("by_token_identifier", (q) => q.eq("tokenIdentifier", tokenIdentifier))
    .unique();
  if (known) return recordProof(ctx, known, identity);

  const clerkId = isClerk(identity.issuer) ? identity.subject : undefined;
  if (clerkId !== undefined && (await wasDeletedFromClerk(ctx, clerkId))) return null;
  const byClerkId = clerkId === undefined ? null : await userByClerkId(ctx, clerkId);
  const holder = email === undefined ? null : await userByEmail(ctx, email);
  const verified = identity.emailVerified === true && email !== undefined;
  const user = byClerkId ?? (holder && verified && isJoinable(holder) ? holder : null);
  if (user) {
    // With the Clerk id, Clerk's events find the user from now on: its deletion above all.
    const link = { tokenIdentifier, ...(clerkId !== undefined && { clerkId }) };
    await ctx.db.patch("users", user._id, { ...link, revision: user.revision + 1 });
    return written(ctx, "users", user._id);
  }
  if (holder) {
    if (!verified || holder.emailVerified !== false) return null;
    await giveUpEmail(ctx, holder);
  }
  return insertUser(ctx, {
    tokenIdentifier,
    ...(clerkId !== undefined && { clerkId }),
    email: email ?? noEmail(crypto.randomUUID()),
    ...(!verified && { emailVerified: false }),
    name: identity.name ?? identity.nickname ?? email ?? "",
  });
}

/** The email that a token proves to be its user's, who has only claimed one so far; undefined where it proves nothing new. */
export async function proofIn(
  ctx: QueryCtx,
  user: Doc<"users">,
  { email, emailVerified }: UserIdentity,
): Promise<string | undefined> {
  if (user.emailVerified !== false || emailVerified !== true || email === undefined) return undefined;
  const holder = await userByEmail(ctx, email);
  return holder === null || holder.emailVerified === false ? email : undefined;
}

async function recordProof(
  ctx: MutationCtx,
  user: Doc<"users">,
  identity: UserIdentity,
): Promise<Doc<"users">> {
  const email = await proofIn(ctx, user, identity);
  if (email === undefined) return user;
  const holder = await userByEmail(ctx, email);
  if (holder && holder._id !== user._id) await giveUpEmail(ctx, holder);
  await ctx.db.patch("users", user._id, {
    email,
    emailKey: email.toLowerCase(),
    emailVerified: undefined,
    revision: user.revision + 1,
  });
  return written(ctx, "users", user._id);
}

/** Whether a token's issuer is Clerk's as it is set: as Convex compares them, whatever slash or scheme one of them lacks. */
function isClerk(issuer: string): boolean {
  const plain = (url: string) => url.replace(/^https:\/\//, "").replace(/\/$/, "");
  const clerk = clerkIssuer();
  return clerk !== undefined && plain(clerk) === plain(issuer);
}
