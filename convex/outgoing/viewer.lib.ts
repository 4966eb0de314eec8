/** Decides, at each fan-out and at each send, what an endpoint may see now. */
import type { Doc, Id } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";
import { covers } from "../identity/scopes.lib";
import { userById } from "../identity/users.lib";
import { scopeOf } from "./eventTypes.lib";

/**
 * The events that an endpoint may get now.
 *
 * - `open`: events whose scope the owner has, and the key that made the endpoint, if a key did.
 * - `paused`: nothing for now, because the owner is suspended.
 * - `ended`: nothing any more. The reason is for the owner.
 */
export type View =
  { is: "open"; allows: (type: string) => boolean } | { is: "paused" } | { is: "ended"; reason: string };

/** Reads owners and keys at most once in a transaction. */
export class Viewer {
  private readonly owners = new Map<Id<"users">, Doc<"users"> | null>();
  private readonly keys = new Map<Id<"apiKeys">, Doc<"apiKeys"> | null>();

  constructor(private readonly ctx: QueryCtx) {}

  /** Returns what the endpoint may get now. */
  async view({ ownerId, keyId }: Pick<Doc<"webhookEndpoints">, "ownerId" | "keyId">): Promise<View> {
    const owner = await once(this.owners, ownerId, () => userById(this.ctx, ownerId));
    if (!owner) return { is: "ended", reason: "The owner was deleted" };
    if (owner.suspended) return { is: "paused" };
    const key = keyId && (await once(this.keys, keyId, () => this.ctx.db.get("apiKeys", keyId)));
    if (key === null) return { is: "ended", reason: "The key that made the endpoint was deleted" };
    if (key?.revokedAt !== undefined) return { is: "ended", reason: REVOKED };
    if (key?.expiresAt !== undefined && key.expiresAt <= Date.now())
      return { is: "ended", reason: "The key that made the endpoint has expired" };
    return {
      is: "open",
      allows: (type) => {
        const scope = scopeOf(type);
        return scope === undefined || (covers(owner.scopes, scope) && (!key || covers(key.scopes, scope)));
      },
    };
  }
}

export const REVOKED = "The key that made the endpoint was revoked";

async function once<Key, Value>(
  known: Map<Key, Value>,
  key: Key,
  read: () => Promise<Value>,
): Promise<Value> {
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = await read();
  known.set(key, value);
  return value;
}
