import { internal } from "../../_generated/api";
import { hashApiKey, looksLikeApiKey, publicIdOf, TOUCH_AFTER_MS } from "../../lib/apiKey.lib";
import type { Caller } from "../../lib/caller.lib";
import { rateLimits } from "../../lib/env.lib";
import { fail } from "../../lib/failure.lib";
import type { Quota } from "../../lib/quota.lib";
import { covers, lacks } from "../../lib/scopes.lib";
import type { Endpoint } from "../kit/api.kit";
import type { CredentialHeader } from "../kit/contract.kit";
import type { ApiContext } from "../kit/env.kit";
import { credentialOf, type Credential } from "./credentialHeaders.middleware";
import { requireQuota } from "./quota.middleware";

/**
 * Admits the caller, and takes from its quota in the same transaction: 401 without a credential, 403 for one that is no
 * good, 429 when the quota is used up. A key whose checksum does not hold is refused without a look-up. Leaves
 * `c.var.caller`. Where limits are switched off, a look-up is a query, which Convex caches.
 */
export async function admit(c: ApiContext, endpoint: Endpoint): Promise<void> {
  const credential = endpoint.scope === null ? null : credentialOf(c, endpoint.credential);
  if (credential) {
    const isKey = publicIdOf(credential.text) !== null;
    if (!isKey && looksLikeApiKey(credential.text)) refused(credential);
    const caller = isKey ? await admitKey(c, credential) : await admitToken(c, credential);
    c.set("caller", caller);
  } else if (endpoint.scope !== null && !endpoint.anonymous) {
    missing(endpoint);
  } else if (!endpoint.unlimited && rateLimits().address > 0) {
    requireQuota(c, await c.env.runMutation(internal.auth.admitAddress, {}));
  }
}

async function admitKey(c: ApiContext, credential: Credential): Promise<Caller> {
  const hash = await hashApiKey(credential.text);
  const verdict =
    rateLimits().key > 0
      ? await c.env.runMutation(internal.auth.admitApiKey, { hash })
      : await lookUpKey(c, hash);
  requireQuota(c, verdict.quota);
  return verdict.caller ?? refused(credential);
}

/** Without a limit on keys the look-up is a query. Only a failure takes from a quota, and a use is noted apart. */
async function lookUpKey(
  c: ApiContext,
  hash: string,
): Promise<{ caller: Caller | null; quota: Quota | null }> {
  const found = await c.env.runQuery(internal.auth.validateApiKey, { hash });
  const now = Date.now();
  if (!found || (found.expiresAt !== undefined && found.expiresAt <= now)) {
    const limited = rateLimits().address > 0;
    return { caller: null, quota: limited ? await c.env.runMutation(internal.auth.admitAddress, {}) : null };
  }
  const { caller, lastUsedAt = 0 } = found;
  if (caller.key && now - lastUsedAt >= TOUCH_AFTER_MS) {
    await c.env.runMutation(internal.apiKeys.touch, { keyId: caller.key.id });
  }
  return { caller, quota: null };
}

async function admitToken(c: ApiContext, credential: Credential): Promise<Caller> {
  if (credential.text.length > MAX_TOKEN) refused(credential);
  const known = rateLimits().key > 0 ? null : await c.env.runQuery(internal.auth.validateToken, {});
  const verdict = known
    ? { caller: known, quota: null }
    : await c.env.runMutation(internal.auth.admitToken, {});
  requireQuota(c, verdict.quota);
  if (verdict.caller) return verdict.caller;
  await requireDecided(c);
  return refused(credential);
}

/**
 * Refuses with 503 where a token could not be verified because its issuer's keys cannot be fetched. A function that this
 * action calls sees no identity, whatever went wrong; only the action's own `getUserIdentity()` throws, and says why.
 */
async function requireDecided(c: ApiContext): Promise<void> {
  try {
    await c.env.auth.getUserIdentity();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    c.set("reason", reason);
    if (!UNDECIDED.test(reason)) return;
    fail("unavailable", "The issuer of the token cannot be reached", {
      headers: { "Retry-After": RETRY_AFTER },
    });
  }
}

/** What Convex says of an issuer whose keys it cannot fetch or read (`crates/authentication/src/lib.rs`). */
const UNDECIDED =
  /^(Auth provider discovery of |Could not fetch JWKS from |Invalid Content-Type .* when fetching JWKS |Invalid JWKS response )/;

/** Seconds after which the issuer may be asked again. */
const RETRY_AFTER = "5";

/** Characters of the longest token that is looked at. */
const MAX_TOKEN = 8192;

/** Refuses a credential that lacks the route's scope. It comes before any id is looked up. */
export function requireScope(c: ApiContext, { scope, anonymous, onItself }: Endpoint): void {
  if (scope === null || scope === "any" || anonymous) return;
  if (onItself && c.var.caller.key?.id === c.req.param("id")) return;
  requireCaller(c.var.caller, scope);
}

/** The caller, if there is one and it carries the scope: for what only some of a route's answers need. */
export function requireCaller(caller: Caller | undefined, scope: string): Caller {
  if (!caller) return missing({});
  if (covers(caller.scopes, scope)) return caller;
  return lacks(scope, "This credential lacks the scope");
}

const MISSING = {
  "x-api-key": "Missing API key",
  authorization: "Missing or invalid Authorization header",
  either: "Missing credential: send X-API-Key or Authorization: Bearer",
};

function missing({ credential }: { credential?: CredentialHeader }): never {
  fail("unauthenticated", MISSING[credential ?? "either"], { headers: { "WWW-Authenticate": "Bearer" } });
}

function refused({ header }: Credential): never {
  fail("invalid_credential", header === "x-api-key" ? "Invalid API key" : "Invalid token", {
    headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' },
  });
}
