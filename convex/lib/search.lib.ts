import { getDocumentSize, v, type Infer, type Validator, type Value } from "convex/values";
import { fail } from "./failure.lib";

/** The maximum number of documents that the pages of one search contain. Convex ranks at most 1,024. */
export const MAX_RANKED = 1000;

/** The number of bytes after which the pages of a search end. A Convex transaction reads at most 16 MiB. */
const MAX_BYTES = 12 * 1024 * 1024;

/**
 * The start of a page of a search: the number of documents before it. The cursors of Convex's `paginate` do not fit: they contain
 * the score of a document, and each write to the table changes all scores a little, so a page could lose many documents.
 */
const rankedPosition = v.object({ rank: v.number() });

/** The arguments of a search function. */
export const searchArgs = { q: v.string(), limit: v.number(), after: v.optional(rankedPosition) };

export type RankedPosition = Infer<typeof rankedPosition>;
export type SearchRequest = { q: string; limit: number; after?: RankedPosition };
export type RankedPage<Doc> = { docs: Doc[]; next?: RankedPosition };

/** Builds the `returns` validator of a search function whose documents match `doc`. */
export const rankedPageOf = <D extends Validator<Record<string, unknown>, "required", string>>(doc: D) =>
  v.object({ docs: v.array(doc), next: v.optional(rankedPosition) });

/**
 * Reads one page of a search, together with the documents before it.
 *
 * @param found The documents, by rank.
 */
export async function readRanked<Doc extends { [field: string]: Value | undefined }>(
  { limit, after }: Pick<SearchRequest, "limit" | "after">,
  found: AsyncIterable<Doc>,
): Promise<RankedPage<Doc>> {
  const start = after?.rank ?? 0;
  if (!Number.isInteger(start) || start < 0 || start >= MAX_RANKED)
    fail("invalid_cursor", "cursor: was not issued by this search");
  const docs: Doc[] = [];
  let rank = 0;
  let bytes = 0;
  for await (const doc of found) {
    if (rank === MAX_RANKED || bytes > MAX_BYTES) break;
    if (docs.length === limit) return { docs, next: { rank } };
    if (rank++ >= start) docs.push(doc);
    // The absent fields of a document have no value.
    bytes += getDocumentSize(doc as Record<string, Value>);
  }
  return { docs };
}
