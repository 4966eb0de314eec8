/** Authorization rules for API keys: which callers may create, change, rotate and revoke them. And the list of a user's keys. */
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { OPERATOR, recordAct } from "../lib/audit.lib";
import { localPart } from "../lib/email.lib";
import { fail } from "../lib/failure.lib";
import { listBy } from "../lib/list.lib";
import { isMigrated } from "../lib/migration.lib";
import { among, readPage, within, type Page, type PageRequest } from "../lib/page.lib";
import { readBack } from "../lib/readBack.lib";
import { take } from "../lib/usage.lib";
import { emit } from "../outgoing/emit.lib";
import type { Caller } from "./caller.lib";
import { currentScopes } from "./currentScopes.lib";
import { firstMissingScope, refuseScope, requireKnownScopes } from "./scopes.lib";
import { insertUser, userForOperator } from "./users.lib";

/** A key to insert. The database stores only the hash of the key. */
type NewKey = Omit<Doc<"apiKeys">, "_id" | "_creationTime" | "createdAt" | "revision">;

/** Returns one page of a user's keys: all, the revoked ones, or the others, which may have expired. */
export async function listKeys(
  ctx: QueryCtx,
  { ownerId, status, ...page }: PageRequest & { ownerId: Id<"users">; status?: "active" | "revoked" },
): Promise<Page<Doc<"apiKeys">>> {
  const keys = () => ctx.db.query("apiKeys");
  if (status === "active")
    return readPage(page, (range) =>
      keys().withIndex("by_user_and_revoked_at", (q) =>
        within(q.eq("userId", ownerId).eq("revokedAt", undefined), range),
      ),
    );
  if (status === "revoked" && !(await isMigrated(ctx, "markRevokedKeys"))) {
    // Keys that an earlier version revoked are not marked yet. An index finds them, but not in the order of their creation.
    const revoked = await keys()
      .withIndex("by_user_and_revoked_at", (q) => q.eq("userId", ownerId).gt("revokedAt", 0))
      .take(MAX_UNMARKED);
    return readPage(page, (range) => among(revoked, range));
  }
  return listBy(ctx, "apiKeys", { userId: ownerId, ...(status && { revoked: true }) }, page);
}

/** The maximum number of a user's revoked keys that one page reads before they are marked. */
const MAX_UNMARKED = 4000;

/**
 * Refuses with `insufficient_scope` if the caller now lacks one of the scopes. The caller was admitted before it sent its
 * body, which may take long. A key that was revoked in the meantime must not create another key.
 */
export async function requireHeld(ctx: QueryCtx, caller: Caller, wanted: readonly string[]): Promise<void> {
  const missing = firstMissingScope(await currentScopes(ctx, caller), wanted);
  if (missing !== undefined) refuseScope(missing, "This credential cannot hand out the scope");
}

/**
 * Refuses with `insufficient_scope` if the caller may not change, rotate or revoke a key of its user. A key may manage itself
 * and keys whose scopes it holds. A token may manage all keys of its user.
 *
 * @param action A verb phrase for the refusal "This credential cannot ACTION the scope …".
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

/** Refuses with `conflict` a key that was revoked or has expired. */
export function requireWorking({ revokedAt, expiresAt = Infinity }: Doc<"apiKeys">, action: string): void {
  if (revokedAt !== undefined) fail("conflict", `A revoked key cannot be ${action}`);
  if (expiresAt <= Date.now()) fail("conflict", `An expired key cannot be ${action}`);
}

/** Inserts a key within the owner's quota. The calling function must check the scopes first. */
export async function insertKey(
  ctx: MutationCtx,
  key: NewKey,
  options: { beyondQuota?: true } = {},
): Promise<Doc<"apiKeys">> {
  await take(ctx, key.userId, "keys", { count: 1, ...options });
  const id = await ctx.db.insert("apiKeys", { ...key, createdAt: Date.now(), revision: 1 });
  return readBack(ctx, "apiKeys", id);
}

/** Inserts a key that an operator issues. Finds the owner by email, or creates one. Refuses invalid fields. */
export async function insertIssuedKey(
  ctx: MutationCtx,
  { email, ...key }: Omit<NewKey, "userId"> & { email: string },
): Promise<Doc<"apiKeys">> {
  requireKnownScopes(key.scopes);
  if (key.scopes.length === 0) fail("invalid_request", "scopes: must not be empty");
  if (key.name.trim() === "") fail("invalid_request", "name: must not be empty");
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) fail("invalid_request", "email: must be an email address");
  const owner =
    (await userForOperator(ctx, email)) ?? (await insertUser(ctx, { email, name: localPart(email) }));
  // An operator must be able to issue a key to an owner who has reached the quota.
  const issued = await insertKey(ctx, { ...key, userId: owner._id }, { beyondQuota: true });
  await emit(ctx, "key.created", issued);
  await recordAct(ctx, "key.created", issued._id, OPERATOR);
  return issued;
}
