import { fail } from "../lib/failure.lib";

/**
 * The scopes that a credential may have. A scope does not imply another: `items:write` does not include `items:read`. Only `*`
 * covers all scopes.
 */
export const SCOPES = [
  "items:read",
  "items:write",
  "users:read",
  "users:write",
  "files:read",
  "files:write",
  "keys:read",
  "keys:write",
  "webhooks:read",
  "webhooks:write",
  "billing:read",
  "jobs:read",
  "jobs:write",
  "endpoints:read",
  "endpoints:write",
  "audit:read",
] as const;

export type Scope = (typeof SCOPES)[number];

/** A value that a credential can be granted: a scope, or `*` for all scopes. */
export type Grant = Scope | "*";

export const GRANTS: readonly Grant[] = [...SCOPES, "*"];

/** Returns whether the granted scopes cover the needed scope. An unknown grant covers nothing. */
export function covers(granted: readonly string[], needed: string): boolean {
  return granted.includes(needed) || granted.includes("*");
}

/** Returns the first scope of `wanted` that `granted` does not cover. */
export function firstMissingScope(granted: readonly string[], wanted: readonly string[]): string | undefined {
  return wanted.find((scope) => !covers(granted, scope));
}

/** Refuses a credential that lacks a scope. The `WWW-Authenticate` header names the scope (RFC 6750, section 3). */
export function refuseScope(scope: string, detail: string): never {
  fail("insufficient_scope", `${detail} ${scope}`, {
    headers: { "WWW-Authenticate": `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}

/** Refuses a key or a token that is invalid (RFC 6750, section 3). @param reason Only the log shows it. */
export function refuseCredential(kind: "key" | "token", reason?: string): never {
  fail("invalid_credential", kind === "key" ? "Invalid API key" : "Invalid token", {
    headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' },
    ...(reason !== undefined && { reason }),
  });
}

/** Refuses a list that contains an unknown scope. */
export function requireKnownScopes(scopes: readonly string[]): void {
  const unknown = scopes.find((scope) => !(GRANTS as readonly string[]).includes(scope));
  if (unknown === undefined) return;
  fail("invalid_request", `scopes: there is no scope ${unknown}. Use any of: ${GRANTS.join(" ")}`);
}
