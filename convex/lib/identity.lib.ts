import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import type { Claims } from "./claims.lib";
import { foldEmail } from "./email.lib";
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
export async function userOfClaims(ctx: MutationCtx, claims: Claims): Promise<Doc<"users"> | null> {
  const { tokenIdentifier, emailVerified: verified } = claims;
  const known = await ctx.db
    .query("users")
    .withIndex("by_token_identifier", (q) => q.eq("tokenIdentifier", tokenIdentifier))
    .unique();
  if (known) return recordProof(ctx, known, claims);

  const clerkId = isClerk(claims.issuer) ? claims.subject : undefined;
  if (clerkId !== undefined && (await wasDeletedFromClerk(ctx, clerkId))) return null;
  const byClerkId = clerkId === undefined ? null : await userByClerkId(ctx, clerkId);
  const holder = claims.email === undefined ? null : await userByEmail(ctx, claims.email);
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
  const email = claims.email ?? noEmail(crypto.randomUUID());
  return insertUser(ctx, {
    tokenIdentifier,
    ...(clerkId !== undefined && { clerkId }),
    email,
    ...(!verified && { emailVerified: false }),
    name: claims.name ?? email.slice(0, email.lastIndexOf("@")),
  });
}

/** The email that a token proves to be its user's, who has only claimed one so far; undefined where it proves nothing new. */
export async function proofIn(
  ctx: QueryCtx,
  user: Doc<"users">,
  { email, emailVerified }: Claims,
): Promise<string | undefined> {
  if (user.emailVerified !== false || !emailVerified || email === undefined) return undefined;
  const holder = await userByEmail(ctx, email);
  return holder === null || holder.emailVerified === false ? email : undefined;
}

async function recordProof(ctx: MutationCtx, user: Doc<"users">, claims: Claims): Promise<Doc<"users">> {
  const email = await proofIn(ctx, user, claims);
  if (email === undefined) return user;
  const holder = await userByEmail(ctx, email);
  if (holder && holder._id !== user._id) await giveUpEmail(ctx, holder);
  await ctx.db.patch("users", user._id, {
    email,
    emailKey: foldEmail(email),
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
