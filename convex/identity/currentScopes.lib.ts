import type { QueryCtx } from "../_generated/server";
import type { Caller } from "./caller.lib";
import { refuseCredential } from "./scopes.lib";
import { userById } from "./users.lib";

/**
 * Returns the caller's current scopes, which may differ from those at the request's admission. Refuses with
 * `invalid_credential` if the key has since been revoked or deleted or has expired, or if its user has been deleted
 * or suspended.
 */
export async function currentScopes(ctx: QueryCtx, { userId, key }: Caller): Promise<string[]> {
  const user = await userById(ctx, userId);
  const current = key ? await ctx.db.get("apiKeys", key.id) : user;
  const refuse = () => refuseCredential(key ? "key" : "token");
  if (!user || user.suspended || !current) return refuse();
  if ("hash" in current) {
    const { revokedAt, expiresAt = Infinity } = current;
    if (revokedAt !== undefined || expiresAt <= Date.now()) refuse();
  }
  return current.scopes;
}
