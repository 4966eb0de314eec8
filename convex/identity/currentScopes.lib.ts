import type { QueryCtx } from "../_generated/server";
import type { Caller } from "./caller.lib";
import { fail } from "../lib/failure.lib";
import { userById } from "./users.lib";

/**
 * What a caller may do at this moment, not when its request was admitted. Refuses with `invalid_credential` where the key was
 * revoked, has expired or is gone since, or its user is.
 */
export async function currentScopes(ctx: QueryCtx, { userId, key }: Caller): Promise<string[]> {
  const user = await userById(ctx, userId);
  const held = key ? await ctx.db.get("apiKeys", key.id) : user;
  const refuse = () => refused(key ? "Invalid API key" : "Invalid token");
  if (!user || !held) return refuse();
  if ("hash" in held) {
    const { revokedAt, expiresAt = Infinity } = held;
    if (revokedAt !== undefined || expiresAt <= Date.now()) refuse();
  }
  return held.scopes;
}

/** In the words, and with the header, of a credential that is refused before its request is looked at. */
function refused(detail: string): never {
  fail("invalid_credential", detail, { headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' } });
}
