import { internal } from "../../_generated/api";
import { hashApiKey, publicIdOf } from "../../lib/apiKey.lib";
import { fail } from "../../lib/failure.lib";
import { covers } from "../../lib/scopes.lib";
import type { Endpoint } from "../kit/api.kit";
import type { CredentialHeader } from "../kit/contract.kit";
import type { ApiContext } from "../kit/env.kit";

/** How old `lastUsedAt` may grow, in milliseconds, before a request notes the use again. */
const TOUCH_AFTER_MS = 60_000;

type Credential = { text: string; header: CredentialHeader };

/**
 * Admits the caller of a route that needs one: 401 without a credential, 403 for one that is no good. A key whose checksum
 * does not hold is refused without a look-up. Leaves `c.var.caller`.
 */
export async function admit(c: ApiContext, endpoint: Endpoint): Promise<void> {
  if (endpoint.scope === null) return;
  const credential = credentialOf(c, endpoint) ?? missing(endpoint);
  if (publicIdOf(credential.text) === null) refused(credential);

  const key = await c.env.runQuery(internal.auth.validateApiKey, { hash: await hashApiKey(credential.text) });
  const now = Date.now();
  if (!key || (key.expiresAt !== undefined && key.expiresAt <= now)) return refused(credential);
  c.set("caller", { userId: key.userId, scopes: key.scopes, key: { id: key.keyId, publicId: key.publicId } });
  if (now - (key.lastUsedAt ?? 0) >= TOUCH_AFTER_MS)
    await c.env.runMutation(internal.apiKeys.touch, { keyId: key.keyId });
}

/** Refuses a credential that lacks the route's scope. It comes before any id is looked at. */
export function requireScope(c: ApiContext, { scope }: Endpoint): void {
  if (scope === null || scope === "any" || covers(c.var.caller.scopes, scope)) return;
  fail("insufficient_scope", `This credential lacks the scope ${scope}`, {
    headers: { "WWW-Authenticate": `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}

/** The credential of a request, or null. `Authorization` counts with the Bearer scheme only, in any letter case. */
function credentialOf(c: ApiContext, endpoint: Endpoint): Credential | null {
  const key = c.req.header("X-API-Key")?.trim();
  const bearer = /^bearer +(\S+) *$/i.exec(c.req.header("Authorization") ?? "")?.[1];
  if (key && bearer && key !== bearer) {
    const message = "carries another credential than X-API-Key; send one";
    fail("invalid_request", `Authorization: ${message}`, {
      errors: [{ in: "header", path: "Authorization", message }],
    });
  }
  if (key && endpoint.credential !== "authorization") return { text: key, header: "x-api-key" };
  if (bearer && endpoint.credential !== "x-api-key") return { text: bearer, header: "authorization" };
  return null;
}

const MISSING = {
  "x-api-key": "Missing API key",
  authorization: "Missing or invalid Authorization header",
  either: "Missing credential: send X-API-Key or Authorization: Bearer",
};

function missing({ credential }: Endpoint): never {
  fail("unauthenticated", MISSING[credential ?? "either"], { headers: { "WWW-Authenticate": "Bearer" } });
}

function refused({ header }: Credential): never {
  fail("invalid_credential", header === "x-api-key" ? "Invalid API key" : "Invalid token", {
    headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' },
  });
}
