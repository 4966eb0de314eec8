import type { QueryCtx } from "../_generated/server";
import type { Caller } from "./caller.lib";
import { fail } from "../lib/failure.lib";
import { userById } from "./users.lib";

/**
 * Returns the caller's current scopes, which may differ from those at the request's admission. Refuses with
 * `invalid_credential` if the key has since been revoked or deleted or has expired, or if its user has been deleted.
 */
export async function currentScopes(ctx: QueryCtx, { userId, key }: Caller): Promise<string[]> {
  const user = await userById(ctx, userId);
  const current = key ? await ctx.db.get("apiKeys", key.id) : user;
  const refuse = () => refuseCredential(key ? "Invalid API key" : "Invalid token");
  if (!user || !current) return refuse();
  if ("hash" in current) {
    const { revokedAt, expiresAt = Infinity } = current;
    if (revokedAt !== undefined || expiresAt <= Date.now()) refuse();
  }
  return current.scopes;
}

/** Refuses with the same header as the admission of an invalid credential. */
function refuseCredential(detail: string): never {
  fail("invalid_credential", detail, { headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' } });
}
