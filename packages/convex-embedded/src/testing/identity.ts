/** The identity that a test logs in with. */
import type { UserIdentity } from "convex/server";
import { STANDARD_CLAIMS } from "../auth/authIdentity";

/** A login. `identity` is JSON text. */
export interface Login {
  readonly identity: string;
  /** The token that a real request would carry. It is not signed. */
  readonly token: string;
}

/** Completes an identity. Missing attributes are derived from the given ones, so the same attributes give the same user. */
export function loginOf(given: Partial<UserIdentity>): Login {
  const subject = given.subject ?? String(hash(JSON.stringify(given)));
  const issuer = given.issuer ?? "https://convex.test";
  const tokenIdentifier = given.tokenIdentifier ?? `${issuer}|${subject}`;
  const identity = { ...given, subject, issuer, tokenIdentifier };
  return { identity: JSON.stringify(identity), token: tokenOf(identity) };
}

/** Returns an unsecured JSON Web Token (RFC 7519, section 6) with the identity's claims. */
function tokenOf(identity: UserIdentity): string {
  const claims: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [field, value] of Object.entries(identity)) {
    if (field !== "tokenIdentifier" && value !== undefined)
      claims[STANDARD_CLAIMS.get(field) ?? field] = value;
  }
  // A custom claim must not override the issuer.
  claims["iss"] = identity.issuer;
  claims["sub"] = identity.subject;
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  return `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`;
}

/** Returns the 32-bit hash of Java's `String.hashCode`: short, and the same in each run. */
function hash(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits = (Math.imul(bits, 31) + text.charCodeAt(i)) | 0;
  return bits;
}
