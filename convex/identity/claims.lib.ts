import type { UserIdentity } from "convex/server";
import { isEmail } from "../lib/email.lib";

/** What a verified token says of its user, as far as the API uses it. */
export type Claims = {
  /** Issuer and subject, because subjects alone collide across issuers. */
  tokenIdentifier: string;
  issuer: string;
  subject: string;
  /** Absent where the claim is missing, empty or no email address. */
  email?: string;
  /** True only where there is an email, and the issuer has verified it. */
  emailVerified: boolean;
  /** Not blank; absent where no claim names the user. */
  name?: string;
};

/**
 * Reads the claims of a verified token.
 *
 * @returns Null for an invalid token: a claim holds a lone surrogate or NUL, or one that the API uses another control
 *   character.
 */
export function claimsOf(identity: UserIdentity): Claims | null {
  const { tokenIdentifier, issuer, subject, email } = identity;
  const names = namesIn(identity);
  const used = [tokenIdentifier, issuer, subject, email, ...names];
  if (!isClean(identity) || used.some((text) => text !== undefined && CONTROL.test(text))) return null;
  const name = names.map((text) => text?.trim()).find((text) => text !== undefined && text !== "");
  const hasEmail = email !== undefined && isEmail(email);
  return {
    ...{ tokenIdentifier, issuer, subject },
    ...(hasEmail && { email }),
    emailVerified: hasEmail && identity.emailVerified === true,
    ...(name !== undefined && { name }),
  };
}

/** The claims that name a user, the best first. */
function namesIn({ name, givenName, familyName, preferredUsername, nickname }: UserIdentity) {
  const joined = [givenName, familyName].filter((part) => part !== undefined).join(" ");
  return [name, joined, preferredUsername, nickname];
}

/** C0, DEL and C1. Other claims may hold some: a postal address has lines. */
const CONTROL = /\p{Cc}/u;

/** Whether no text in a value, and no name of a member, holds a lone surrogate or NUL. */
function isClean(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed() && !value.includes("\0");
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, member]) => isClean(name) && isClean(member));
}
