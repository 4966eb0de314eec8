/** Converts the claims of a verified token to Convex's `UserIdentity` (`crates/keybroker/src/broker.rs`). */
import type { JSONValue } from "convex/values";

type Claims = Readonly<Record<string, unknown>>;
type Identity = Record<string, JSONValue>;

/** Standard string claims of OpenID Connect, with their names in the identity. */
const TEXTS = {
  name: "name",
  given_name: "givenName",
  family_name: "familyName",
  nickname: "nickname",
  preferred_username: "preferredUsername",
  profile: "profileUrl",
  picture: "pictureUrl",
  website: "websiteUrl",
  email: "email",
  gender: "gender",
  birthdate: "birthday",
  zoneinfo: "timezone",
  locale: "language",
  phone_number: "phoneNumber",
} as const;
const FLAGS = { email_verified: "emailVerified", phone_number_verified: "phoneNumberVerified" } as const;

const VERIFIED: ReadonlySet<string> = new Set(Object.values(FLAGS));

/** Standard claims by their names in the identity. */
export const STANDARD_CLAIMS: ReadonlyMap<string, string> = new Map([
  ...Object.entries({ ...TEXTS, ...FLAGS }).map(([claim, field]): [string, string] => [field, claim]),
  ["subject", "sub"],
  ["issuer", "iss"],
  ["updatedAt", "updated_at"],
]);

/** Claims about the token, not about the user. */
const TOKEN_CLAIMS = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "fva"];
const ID_TOKEN_CLAIMS = ["auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash"];

/** Converts the claims of an ID token. Standard claims get Convex's names; other claims keep theirs. */
export function oidcIdentity(claims: Claims): Identity {
  const identity = base(claims);
  for (const [claim, field] of Object.entries(TEXTS)) {
    const value = claims[claim];
    if (typeof value === "string") identity[field] = value;
  }
  for (const [claim, field] of Object.entries(FLAGS)) {
    const value = claims[claim];
    if (typeof value === "boolean") identity[field] = value;
  }
  const { address, updated_at: updated } = claims;
  if (typeof address === "object" && address !== null && "formatted" in address) {
    if (typeof address.formatted === "string") identity["address"] = address.formatted;
  }
  const updatedAt = timestamp(updated);
  if (updatedAt !== null) identity["updatedAt"] = updatedAt;

  const standard = new Set([
    ...TOKEN_CLAIMS,
    ...ID_TOKEN_CLAIMS,
    ...Object.keys(TEXTS),
    ...Object.keys(FLAGS),
  ]);
  for (const [claim, value] of Object.entries(claims)) {
    if (standard.has(claim) || claim === "address" || claim === "updated_at") continue;
    // Only the issuer's standard claim may say that an attribute is verified. Ignore a custom claim with the identity's name for it.
    if (VERIFIED.has(claim)) continue;
    add(identity, claim, value as JSONValue);
  }
  return identity;
}

/** Converts the claims of a custom token. Claims keep their names; claims of nested objects get dotted names: `organization.role`. */
export function jwtIdentity(claims: Claims): Identity {
  const identity = base(claims);
  const own = Object.entries(claims).filter(([claim]) => !TOKEN_CLAIMS.includes(claim));
  flatten(identity, "", Object.fromEntries(own));
  return identity;
}

function base({ iss, sub }: Claims): Identity {
  return { tokenIdentifier: `${String(iss)}|${String(sub)}`, subject: String(sub), issuer: String(iss) };
}

function flatten(identity: Identity, prefix: string, claims: Claims): void {
  for (const [claim, value] of Object.entries(claims)) {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      flatten(identity, `${prefix}${claim}.`, value as Claims);
    } else {
      add(identity, prefix + claim, value as JSONValue);
    }
  }
}

/** Adds a claim, unless it would override an attribute that the runtime sets, or the prototype. */
function add(identity: Identity, claim: string, value: JSONValue): void {
  if (Object.hasOwn(identity, claim) || claim === "__proto__") return;
  identity[claim] = value;
}

/** Formats `updated_at`, given in seconds since 1970 or as text. As on Convex, whole seconds have no fraction. */
function timestamp(claim: unknown): string | null {
  const time = typeof claim === "number" ? new Date(claim * 1000) : null;
  if (typeof claim === "string" && !Number.isNaN(Date.parse(claim))) return new Date(claim).toISOString();
  if (time === null || Number.isNaN(time.getTime())) return null;
  return time.toISOString().replace(/\.000Z$/, "+00:00");
}
