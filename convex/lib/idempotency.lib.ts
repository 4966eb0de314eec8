import {
  convexToJson,
  jsonToConvex,
  v,
  type Infer,
  type JSONValue,
  type Validator,
  type Value,
} from "convex/values";
import type { WithoutSystemFields } from "convex/server";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { fail, type Failure } from "./failure.lib";
import { readResult, storeResult } from "./storedResult.lib";

/** A request's `Idempotency-Key`, the name of its credential, and a digest of its method, path and body. */
export const idempotency = v.object({ key: v.string(), credential: v.string(), fingerprint: v.string() });

export type Idempotency = Infer<typeof idempotency>;

/** The argument of an idempotent function. It is absent if the request had no `Idempotency-Key`. */
export const idempotencyArg = { idempotency: v.optional(idempotency) };

/** The return value of an idempotent function: its result, and whether an earlier request produced this result. */
export type Once<T> = { result: T; replayed: boolean };

/** Builds the `returns` validator of an idempotent function. */
export const onceOf = <V extends Validator<unknown, "required", string>>(result: V) =>
  v.object({ result, replayed: v.boolean() });

/** The state of work outside the database that has no result: it may still run, or it ended with a failure. */
export const externalState = v.union(
  /** The work began and has not ended. After `until`, in milliseconds since the epoch, its outcome is unknown. */
  v.object({ kind: v.literal("running"), until: v.number() }),
  /** The work ended with this failure, in JSON. */
  v.object({ kind: v.literal("failed"), failure: v.string() }),
  /** The work ended with an unexpected error, so it is unknown whether it took effect. */
  v.object({ kind: v.literal("unknown") }),
);

/** Milliseconds for which an idempotency key is stored. */
export const RETENTION_MS = 24 * 60 * 60 * 1000;

/**
 * Runs `work` at most once for an idempotency key. The effect and its result commit in one transaction, so one of several
 * duplicate requests runs `work` and the others get its result. Without a key, `work` always runs. Failures are not stored.
 *
 * Refuses with `idempotency_key_reused` if an earlier, different request used the key.
 */
export async function once<T extends Value>(
  ctx: MutationCtx,
  request: Idempotency | undefined,
  work: () => Promise<T>,
): Promise<Once<T>> {
  if (!request) return { result: await work(), replayed: false };
  const { record, isCurrent } = await recordOf(ctx, request);
  if (record && isCurrent) {
    if (record.result === undefined) refuseWithoutResult(record.external);
    // An earlier call of the same function stored the result, so it has the type `T`.
    return { result: parsed(await readResult(ctx, record)) as T, replayed: true };
  }
  const result = await work();
  await store(ctx, record, { ...request, ...(await storeResult(ctx, textOf(result))) });
  return { result, replayed: false };
}

type KeyRecord = Doc<"idempotencyKeys">;

/**
 * Returns the record of a key, and whether it still counts. Refuses with `idempotency_key_reused` if an earlier, different request
 * used the key.
 */
export async function recordOf(
  ctx: QueryCtx,
  { key, credential, fingerprint }: Idempotency,
): Promise<{ record: KeyRecord | null; isCurrent: boolean }> {
  const record = await ctx.db
    .query("idempotencyKeys")
    .withIndex("by_credential_and_key", (q) => q.eq("credential", credential).eq("key", key))
    .unique();
  const isCurrent = record !== null && Date.now() - record.createdAt < RETENTION_MS;
  if (isCurrent && record.fingerprint !== fingerprint) {
    fail("idempotency_key_reused", "Idempotency-Key: was used for another request");
  }
  return { record, isCurrent };
}

/** Stores the record of a key, in place of an expired one. Returns its id. */
export async function store(
  ctx: MutationCtx,
  expired: KeyRecord | null,
  fields: Omit<WithoutSystemFields<KeyRecord>, "createdAt">,
): Promise<Id<"idempotencyKeys">> {
  // A new id: external work of the expired record may still end, and must not change the new record.
  if (expired) await ctx.db.delete("idempotencyKeys", expired._id);
  return ctx.db.insert("idempotencyKeys", { ...fields, createdAt: Date.now() });
}

/** Refuses a request whose key belongs to external work without a result. */
export function refuseWithoutResult(state: KeyRecord["external"]): never {
  if (state?.kind === "failed") {
    const { code, detail, headers, ...more } = JSON.parse(state.failure) as Failure;
    fail(code, detail, { ...more, headers: { ...headers, "Idempotency-Replayed": "true" } });
  }
  const left = state?.kind === "running" ? state.until - Date.now() : 0;
  if (left <= 0) {
    fail("outcome_unknown", "Idempotency-Key: an earlier request began, and its outcome is unknown");
  }
  const headers = { "Retry-After": String(Math.min(RETRY_SECONDS, Math.ceil(left / 1000))) };
  fail("conflict", "Idempotency-Key: the first request with this key is still running", { headers });
}

/** The most seconds after which a client may ask again for the result of running work. */
const RETRY_SECONDS = 5;

/** Returns a result as text: a result has fields such as `_id`, but a nested field name must not begin with an underscore. */
export const textOf = (result: Value): string => JSON.stringify(convexToJson(result));

/** Returns the result that a text contains. */
export const parsed = (text: string): Value => jsonToConvex(JSON.parse(text) as JSONValue);
