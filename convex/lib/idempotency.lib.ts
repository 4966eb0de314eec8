import {
  convexToJson,
  jsonToConvex,
  v,
  type Infer,
  type JSONValue,
  type Validator,
  type Value,
} from "convex/values";
import type { MutationCtx } from "../_generated/server";
import { fail } from "./failure.lib";

/** A request's `Idempotency-Key`, with who sent it and a digest of what it asked. */
export const idempotency = v.object({ key: v.string(), credential: v.string(), fingerprint: v.string() });

export type Idempotency = Infer<typeof idempotency>;

/** The argument of a function that can work once a key; absent when the client sent none. */
export const idempotencyArg = { idempotency: v.optional(idempotency) };

/** What a function that works once a key answers: its result, and whether an earlier request made it. */
export type Once<T> = { result: T; replayed: boolean };

/** The `returns` of such a function. */
export const onceOf = <V extends Validator<unknown, "required", string>>(result: V) =>
  v.object({ result, replayed: v.boolean() });

/** Milliseconds for which a key is remembered. */
export const REMEMBERED_MS = 24 * 60 * 60 * 1000;

/**
 * Does the work once for an idempotency key: the effect and its result commit together, so of any number of duplicates one
 * works and the others get its result. Without a key it just works. Failures are not remembered.
 *
 * Refuses with `idempotency_key_reused` when the key came with another request.
 */
export async function once<T extends Value>(
  ctx: MutationCtx,
  request: Idempotency | undefined,
  work: () => Promise<T>,
): Promise<Once<T>> {
  if (!request) return { result: await work(), replayed: false };
  const { key, credential, fingerprint } = request;
  const known = await ctx.db
    .query("idempotencyKeys")
    .withIndex("by_credential_and_key", (q) => q.eq("credential", credential).eq("key", key))
    .unique();
  const now = Date.now();
  if (known && now - known.createdAt < REMEMBERED_MS) {
    if (known.fingerprint !== fingerprint) {
      fail("idempotency_key_reused", "Idempotency-Key: was used for another request");
    }
    // It was written by this very function, so it has the shape of its result.
    return { result: jsonToConvex(JSON.parse(known.result) as JSONValue) as T, replayed: true };
  }
  const result = await work();
  // As text, because a document holds no field whose name begins with an underscore, and a result does.
  const record = {
    key,
    credential,
    fingerprint,
    result: JSON.stringify(convexToJson(result)),
    createdAt: now,
  };
  if (known) await ctx.db.replace("idempotencyKeys", known._id, record);
  else await ctx.db.insert("idempotencyKeys", record);
  return { result, replayed: false };
}
