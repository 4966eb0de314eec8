import type { UserIdentity } from "convex/server";
import { isEmail } from "../lib/email.lib";

/** The claims of a verified token that the API uses. */
export type Claims = {
  /** Issuer and subject: two issuers may use the same subject. */
  tokenIdentifier: string;
  issuer: string;
  subject: string;
  /** Absent if the claim is missing, empty or not an email address. */
  email?: string;
  /** True if `email` is present and the issuer has verified it. */
  emailVerified: boolean;
  /** Not blank; absent if the token has no claim with a name. */
  name?: string;
};

/**
 * Reads the claims of a verified token.
 *
 * @returns Null if any claim contains a lone surrogate or NUL, or if a claim that the API uses contains another control
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

/** Returns the claims with a user's name, the preferred claim first. */
function namesIn({ name, givenName, familyName, preferredUsername, nickname }: UserIdentity) {
  const joined = [givenName, familyName].filter((part) => part !== undefined).join(" ");
  return [name, joined, preferredUsername, nickname];
}

/** C0, DEL and C1. Claims that the API does not use may contain them: a postal address has line breaks. */
const CONTROL = /\p{Cc}/u;

/** Returns whether all texts and member names in a value are free of lone surrogates and NUL. */
function isClean(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed() && !value.includes("\0");
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([name, member]) => isClean(name) && isClean(member));
}
