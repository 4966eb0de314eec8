/** Who a test says is logged in. */
import type { UserIdentity } from "convex/server";
import { STANDARD_CLAIMS } from "../auth/authIdentity";

/** Who calls: `identity` is JSON text. */
export interface Login {
  readonly identity: string;
  /** The credential that a real request would have been proved by. It is not signed. */
  readonly token: string;
}

/** What is missing of the identity follows from the rest, so that the same attributes are the same user. */
export function loginOf(given: Partial<UserIdentity>): Login {
  const subject = given.subject ?? String(hash(JSON.stringify(given)));
  const issuer = given.issuer ?? "https://convex.test";
  const tokenIdentifier = given.tokenIdentifier ?? `${issuer}|${subject}`;
  const identity = { ...given, subject, issuer, tokenIdentifier };
  return { identity: JSON.stringify(identity), token: tokenOf(identity) };
}

/** An unsecured JSON Web Token (RFC 7519, section 6) that says the same. */
function tokenOf(identity: UserIdentity): string {
  const claims: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [field, value] of Object.entries(identity)) {
    if (field !== "tokenIdentifier" && value !== undefined)
      claims[STANDARD_CLAIMS.get(field) ?? field] = value;
  }
  // A claim of one's own must not pass for another user.
  claims["iss"] = identity.issuer;
  claims["sub"] = identity.subject;
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
  return `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`;
}

/** The 32 bits of `String.hashCode` in Java: short, and the same in each run. */
function hash(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits = (Math.imul(bits, 31) + text.charCodeAt(i)) | 0;
  return bits;
}
