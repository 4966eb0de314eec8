import type { QueryCtx } from "../_generated/server";
import type { Caller } from "./caller.lib";
import { fail } from "../lib/failure.lib";
import { userById } from "./users.lib";

/**
 * The scopes that a caller has now, not when its request was admitted. Refuses with `invalid_credential` if the key has been
 * revoked or deleted or has expired since, or if its user has been deleted.
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

/** Refuses with the message and the header of a credential that is refused at admission. */
function refused(detail: string): never {
  fail("invalid_credential", detail, { headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' } });
}
