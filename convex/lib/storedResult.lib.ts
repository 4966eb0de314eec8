/** The stored results of idempotency keys. A result that is too long for one document, such as that of a batch, takes more documents. */
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { readBack } from "./readBack.lib";

/**
 * The number of UTF-16 units of a result that one document stores. A unit takes at most three bytes in UTF-8, and a document
 * holds 1 MiB.
 */
const PART_LENGTH = 300_000;

type Stored = Pick<Doc<"idempotencyKeys">, "result" | "rest">;

/** Stores the parts of a result that do not fit into the record of its key. Returns the fields of the record. */
export async function storeResult(ctx: MutationCtx, text: string): Promise<Stored> {
  const [result = "", ...others] = partsOf(text);
  if (others.length === 0) return { result };
  const createdAt = Date.now();
  const rest: Id<"idempotencyParts">[] = [];
  for (const part of others) rest.push(await ctx.db.insert("idempotencyParts", { text: part, createdAt }));
  return { result, rest };
}

/** Returns the whole result of a record. */
export async function readResult(ctx: QueryCtx, { result = "", rest = [] }: Stored): Promise<string> {
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
