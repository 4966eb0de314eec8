import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import type { Claims } from "./claims.lib";
import { localPart } from "../lib/email.lib";
import { clerkIssuer } from "../lib/env.lib";
import {
  changeUser,
  releaseEmail,
  insertUser,
  isUnclaimed,
  placeholderEmail,
  userByClerkId,
  userByEmail,
  userByTokenIdentifier,
  wasDeletedFromClerk,
} from "./users.lib";

/**
 * Returns the user of a verified token. The first request with a token links the token to an existing user: by the Clerk id, or
 * by an email that the issuer has verified. If no such user exists, it creates one from the claims.
 *
 * @returns Null if linking or creating a user is not safe: the email belongs to another user, or Clerk has deleted the user.
 */
export async function userOfClaims(ctx: MutationCtx, claims: Claims): Promise<Doc<"users"> | null> {
  const { tokenIdentifier, emailVerified: verified } = claims;
  const known = await userByTokenIdentifier(ctx, tokenIdentifier);
  if (known) return recordVerifiedEmail(ctx, known, claims);

  const clerkId = isClerk(claims.issuer) ? claims.subject : undefined;
  if (clerkId !== undefined && (await wasDeletedFromClerk(ctx, clerkId))) return null;
  const byClerkId = clerkId === undefined ? null : await userByClerkId(ctx, clerkId);
  const holder = claims.email === undefined ? null : await userByEmail(ctx, claims.email);
  const user = byClerkId ?? (holder && verified && isUnclaimed(holder) ? holder : null);
  if (user) {
    // Later events of Clerk find the user by this Clerk id, most importantly the event of the user's deletion.
    const link = { tokenIdentifier, ...(clerkId !== undefined && { clerkId }) };
    return changeUser(ctx, user, link);
  }
  if (holder) {
    if (!verified || holder.emailVerified !== false) return null;
    await releaseEmail(ctx, holder);
  }
  const email = claims.email ?? placeholderEmail(crypto.randomUUID());
  return insertUser(ctx, {
    tokenIdentifier,
    ...(clerkId !== undefined && { clerkId }),
    email,
    ...(!verified && { emailVerified: false }),
    name: claims.name ?? localPart(email),
  });
}

/**
 * Returns the verified email of a token, if the user's stored email is unverified. Returns undefined if the user's email is
 * already verified, if the token has no verified email, or if another user has verified this email.
 */
export async function newlyVerifiedEmail(
  ctx: QueryCtx,
  user: Doc<"users">,
  { email, emailVerified }: Claims,
): Promise<string | undefined> {
  if (user.emailVerified !== false || !emailVerified || email === undefined) return undefined;
  const holder = await userByEmail(ctx, email);
  return holder === null || holder.emailVerified === false ? email : undefined;
}

async function recordVerifiedEmail(
  ctx: MutationCtx,
  user: Doc<"users">,
  claims: Claims,
): Promise<Doc<"users">> {
  const email = await newlyVerifiedEmail(ctx, user, claims);
  if (email === undefined) return user;
  const holder = await userByEmail(ctx, email);
  if (holder && holder._id !== user._id) await releaseEmail(ctx, holder);
  return changeUser(ctx, user, { email, emailVerified: undefined });
}

/** Returns whether the issuer is Clerk's. Like Convex, it ignores the scheme and a trailing slash. */
function isClerk(issuer: string): boolean {
  const plain = (url: string) => url.replace(/^https:\/\//, "").replace(/\/$/, "");
  const clerk = clerkIssuer();
  return clerk !== undefined && plain(clerk) === plain(issuer);
}
