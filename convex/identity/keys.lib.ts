/** The rules of API keys: who may hand one out, and who may change one. */
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { fail } from "../lib/failure.lib";
import { readBack } from "../lib/readBack.lib";
import type { Caller } from "./caller.lib";
import { currentScopes } from "./currentScopes.lib";
import { firstMissingScope, refuseScope, requireKnownScopes } from "./scopes.lib";
import { insertUser, userForOperator } from "./users.lib";

/** A key to insert. The key itself never reaches the database, only its hash. */
type NewKey = Omit<Doc<"apiKeys">, "_id" | "_creationTime" | "createdAt">;

/**
 * Refuses a caller that lacks one of the scopes now. The caller was admitted before it sent its body, which may have taken
 * long: a key that was revoked meanwhile must not leave another one behind.
 */
export async function requireHeld(ctx: QueryCtx, caller: Caller, wanted: readonly string[]): Promise<void> {
  const missing = firstMissingScope(await currentScopes(ctx, caller), wanted);
  if (missing !== undefined) refuseScope(missing, "This credential cannot hand out the scope");
}

/**
 * Refuses a caller that may not change, rotate or revoke a key of its user. A key may manage itself and keys whose scopes it
 * holds; a token may manage each of its user's keys.
 *
 * @param action What the caller wants to do, as in "This credential cannot ACTION the scope".
 */
export async function requireMayManage(
  ctx: QueryCtx,
  caller: Caller,
  key: Doc<"apiKeys">,
  action: string,
): Promise<void> {
  const held = await currentScopes(ctx, caller);
  const missing = caller.key && caller.key.id !== key._id ? firstMissingScope(held, key.scopes) : undefined;
  if (missing !== undefined) refuseScope(missing, `This credential cannot ${action} the scope`);
}

export async function insertKey(ctx: MutationCtx, key: NewKey): Promise<Doc<"apiKeys">> {
  const id = await ctx.db.insert("apiKeys", { ...key, createdAt: Date.now() });
  return readBack(ctx, "apiKeys", id);
}

/** Inserts a key that an operator issues. The owner is found by email, or created. Refuses fields that make no valid key. */
export async function insertIssuedKey(
  ctx: MutationCtx,
  { email, ...key }: Omit<NewKey, "userId"> & { email: string },
): Promise<Doc<"apiKeys">> {
  requireKnownScopes(key.scopes);
  if (key.scopes.length === 0) fail("invalid_request", "scopes: must not be empty");
  if (key.name.trim() === "") fail("invalid_request", "name: must not be empty");
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) fail("invalid_request", "email: must be an email address");
  const owner =
    (await userForOperator(ctx, email)) ??
    (await insertUser(ctx, { email, name: email.split("@")[0] ?? email }));
  return insertKey(ctx, { ...key, userId: owner._id });
}
