import {
  convexToJson,
  jsonToConvex,
  v,
  type Infer,
  type JSONValue,
  type Validator,
  type Value,
} from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { fail } from "./failure.lib";
import { readBack } from "./readBack.lib";

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
  const { key, credential, fingerprint } = request;
  const known = await ctx.db
    .query("idempotencyKeys")
    .withIndex("by_credential_and_key", (q) => q.eq("credential", credential).eq("key", key))
    .unique();
  const now = Date.now();
  if (known && now - known.createdAt < RETENTION_MS) {
    if (known.fingerprint !== fingerprint) {
      fail("idempotency_key_reused", "Idempotency-Key: was used for another request");
    }
    // An earlier call of the same function stored the result, so it has the type `T`.
    return { result: jsonToConvex(JSON.parse(await resultOf(ctx, known)) as JSONValue) as T, replayed: true };
  }
  const result = await work();
  // Stored as text: a result has fields such as `_id`, but a nested field name must not begin with an underscore.
  const record = {
    key,
    credential,
    fingerprint,
    ...(await storeResult(ctx, JSON.stringify(convexToJson(result)), now)),
    createdAt: now,
  };
  if (known) await ctx.db.replace("idempotencyKeys", known._id, record);
  else await ctx.db.insert("idempotencyKeys", record);
  return { result, replayed: false };
}

/**
 * The number of UTF-16 units of a result that one document stores. A unit takes at most three bytes in UTF-8, and a document
 * holds 1 MiB.
 */
const PART_LENGTH = 300_000;

/** Stores a result that is too long for one document, such as that of a batch, in further documents. */
async function storeResult(
  ctx: MutationCtx,
  text: string,
  createdAt: number,
): Promise<Pick<Doc<"idempotencyKeys">, "result" | "rest">> {
  const [result = "", ...others] = partsOf(text);
  if (others.length === 0) return { result };
  const rest: Id<"idempotencyParts">[] = [];
  for (const part of others) rest.push(await ctx.db.insert("idempotencyParts", { text: part, createdAt }));
  return { result, rest };
}

async function resultOf(ctx: MutationCtx, { result, rest = [] }: Doc<"idempotencyKeys">): Promise<string> {
  const parts = await Promise.all(rest.map((id) => readBack(ctx, "idempotencyParts", id)));
  return [result, ...parts.map(({ text }) => text)].join("");
}

/** Splits a text, but never within a surrogate pair, because Convex refuses lone surrogates. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + PART_LENGTH, text.length);
    if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end -= 1;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}
