import { internal } from "../../_generated/api";
import { hashApiKey, isTouchDue, looksLikeApiKey, publicIdOf } from "../../identity/apiKey.lib";
import type { Caller } from "../../identity/caller.lib";
import { rateLimits } from "../../lib/env.lib";
import { fail } from "../../lib/failure.lib";
import type { RateLimitState, RouteLimit } from "../../lib/rateLimit.lib";
import { covers, refuseCredential, refuseScope } from "../../identity/scopes.lib";
import type { Endpoint } from "../kit/api.kit";
import type { CredentialHeader } from "../kit/contract.kit";
import type { ApiContext } from "../kit/env.kit";
import "../kit/everyRequest.kit";
import { credentialOf, type Credential } from "./credentialHeaders.middleware";
import { enforceRateLimit } from "./rateLimit.middleware";
import { withReadOnlyFallback } from "./readOnlyFallback.middleware";

/**
 * Admits the caller and counts the request against its rate limit in the same transaction: 401 without a credential, 403 for an invalid
 * one, 429 when the limit is reached. Refuses a key with a wrong checksum without a look-up. Sets `c.var.caller`. If limits are off, the
 * look-up is a query, which Convex caches. If the store takes no writes, reads are admitted without being counted.
 */
export async function admit(c: ApiContext, endpoint: Endpoint): Promise<void> {
  const credential = endpoint.scope === null ? null : credentialOf(c, endpoint.credential);
  if (credential) {
    const isKey = publicIdOf(credential.text) !== null;
    if (!isKey && looksLikeApiKey(credential.text)) refuseCredential(kindOf(credential));
    const caller = isKey
      ? await admitKey(c, credential, endpoint)
      : await admitToken(c, credential, endpoint);
    c.set("caller", { ...caller, requestId: c.get("requestId") });
  } else if (endpoint.scope !== null && !endpoint.anonymous) {
    refuseMissing(endpoint);
  } else if (!endpoint.unlimited && rateLimits().address > 0) {
    enforceRateLimit(c, await takeFromAddress(c, routeLimitOf(endpoint)));
  }
}

type Admission = { caller: Caller | null; rateLimit: RateLimitState | null };

type LimitArgument = { routeLimit?: RouteLimit };

/** The argument with the rate limit of a route, for the functions that admit its requests. */
const routeLimitOf = ({ rateLimit }: Endpoint): LimitArgument => (rateLimit ? { routeLimit: rateLimit } : {});

/** Counts the request against the rate limit of the client's IP address. */
function takeFromAddress(c: ApiContext, limit: LimitArgument = {}): Promise<RateLimitState | null> {
  return withReadOnlyFallback(
    c,
    () => c.env.runMutation(internal.auth.admitAddress, limit),
    () => Promise.resolve(null),
  );
}

async function admitKey(c: ApiContext, credential: Credential, endpoint: Endpoint): Promise<Caller> {
  const hash = await hashApiKey(credential.text);
  const admission =
    rateLimits().key > 0
      ? await withReadOnlyFallback(
          c,
          () => c.env.runMutation(internal.auth.admitApiKey, { hash, ...routeLimitOf(endpoint) }),
          async () => ({ caller: (await lookUpKey(c, hash))?.caller ?? null, rateLimit: null }),
        )
      : await admitUnlimitedKey(c, hash);
  enforceRateLimit(c, admission.rateLimit);
  return admission.caller ?? refuseCredential(kindOf(credential));
}

/**
 * Without a limit on keys, the look-up is a query, and a separate mutation records the use of a valid key. Only an invalid key counts
 * against a rate limit: that of the address.
 */
async function admitUnlimitedKey(c: ApiContext, hash: string): Promise<Admission> {
  const found = await lookUpKey(c, hash);
  if (!found) return { caller: null, rateLimit: rateLimits().address > 0 ? await takeFromAddress(c) : null };
  const { caller, lastUsedAt } = found;
  const { key } = caller;
  if (key && isTouchDue(lastUsedAt)) {
    await withReadOnlyFallback(
      c,
      () => c.env.runMutation(internal.apiKeys.touch, { keyId: key.id }),
      () => Promise.resolve(null),
    );
  }
  return { caller, rateLimit: null };
}

/** Looks up the holder of a key. Returns null for an unknown or expired key. */
async function lookUpKey(c: ApiContext, hash: string) {
  const found = await c.env.runQuery(internal.auth.validateApiKey, { hash });
  return found && (found.expiresAt === undefined || found.expiresAt > Date.now()) ? found : null;
}

async function admitToken(c: ApiContext, credential: Credential, endpoint: Endpoint): Promise<Caller> {
  if (credential.text.length > MAX_TOKEN_LENGTH) {
    c.set("reason", `The token has more than ${MAX_TOKEN_LENGTH} characters`);
    refuseCredential(kindOf(credential));
  }
  const known = rateLimits().key > 0 ? null : await lookUpToken(c);
  const admission =
    known ??
    (await withReadOnlyFallback(
      c,
      () => c.env.runMutation(internal.auth.admitToken, routeLimitOf(endpoint)),
      // A missing user may be a new user, who cannot be stored now.
      async () => (await lookUpToken(c)) ?? undefined,
    ));
  enforceRateLimit(c, admission.rateLimit);
  if (admission.caller) return admission.caller;
  await requireReachableIssuer(c);
  return refuseCredential(kindOf(credential));
}

/**
 * Refuses with 503 if a token could not be verified because its issuer's keys cannot be fetched. Sets the reason of any other
 * refusal for the log. A function that this action calls sees no identity and no reason; only the action's own
 * `getUserIdentity()` throws an error that says why.
 */
async function requireReachableIssuer(c: ApiContext): Promise<void> {
  try {
    if (await c.env.auth.getUserIdentity()) c.set("reason", NO_USER);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    c.set("reason", reason);
    if (!ISSUER_FAILURE.test(reason)) return;
    fail("unavailable", "The issuer of the token cannot be reached", {
      headers: { "Retry-After": RETRY_AFTER },
    });
  }
}

/** The logged reason for refusing a token with a valid signature. */
const NO_USER =
  "The token is valid, but no user matches its claims: a claim has a control character, another user has its email, or Clerk " +
  "has deleted the user";

/** Convex's messages about an issuer whose keys it cannot fetch or read (`crates/authentication/src/lib.rs`). */
const ISSUER_FAILURE =
  /^(Auth provider discovery of |Could not fetch JWKS from |Invalid Content-Type .* when fetching JWKS |Invalid JWKS response )/;

/** Seconds after which a client may retry while the issuer cannot be reached. */
const RETRY_AFTER = "5";

/** Looks up the user of the token; null for a new user. */
async function lookUpToken(c: ApiContext): Promise<Admission | null> {
  const caller = await c.env.runQuery(internal.auth.validateToken, {});
  return caller && { caller, rateLimit: null };
}

/** The maximum length of a token, in characters. */
const MAX_TOKEN_LENGTH = 8192;

/** Refuses a credential that lacks the route's scope, before any id is looked up. */
export function requireScope(c: ApiContext, { scope, anonymous, onItself }: Endpoint): void {
  if (scope === null || scope === "any" || anonymous) return;
  if (onItself && c.get("caller").key?.id === c.req.param("id")) return;
  requireCaller(c.get("caller"), scope);
}

/** Returns the caller if its credential carries the scope, for a route where only some replies require the scope. */
export function requireCaller(caller: Caller | undefined, scope: string): Caller {
  if (!caller) return refuseMissing({});
  if (covers(caller.scopes, scope)) return caller;
  return refuseScope(scope, "This credential lacks the scope");
}

const MISSING = {
  "x-api-key": "Missing API key",
  authorization: "Missing or invalid Authorization header",
  either: "Missing credential: send X-API-Key or Authorization: Bearer",
};

function refuseMissing({ credential }: { credential?: CredentialHeader }): never {
  fail("unauthenticated", MISSING[credential ?? "either"], { headers: { "WWW-Authenticate": "Bearer" } });
}

const kindOf = ({ header }: Credential): "key" | "token" => (header === "x-api-key" ? "key" : "token");
