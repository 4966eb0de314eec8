import type { IndexRange } from "convex/server";
import { v, type Infer, type Validator } from "convex/values";

/**
 * Keyset pagination, newest first. A page starts after the last document of the previous page, by creation time and then by
 * id, because every Convex index ends with these fields. Concurrent inserts and deletes do not shift the pages.
 */
export const position = v.object({ time: v.number(), id: v.string() });

/** The arguments of a list function: the maximum number of documents, and the last document of the previous page. */
export const pageArgs = { limit: v.number(), after: v.optional(position) };

export type Position = Infer<typeof position>;
export type PageRequest = { limit: number; after?: Position };
export type Page<Doc> = { docs: Doc[]; next?: Position };

/** An index range of a page. `ties` have the creation time of the position, and `older` documents come after it. */
export type Range = "all" | { ties: Position } | { older: number };

/** Narrows an index range to a page's range. The next field of the builder's index is `_creationTime`. */
export function within(builder: IndexRange, range: Range): IndexRange {
  // Every index ends with `_creationTime` and `_id`, and accepts bounds on both. Convex's types leave `_id` out.
  const q = builder as IndexRange & Bounds;
  if (range === "all") return q;
  if ("older" in range) return q.lt("_creationTime", range.older);
  return q.eq("_creationTime", range.ties.time).lt("_id", range.ties.id);
}

type Bounds = {
  eq(field: string, value: number): Bounds;
  lt(field: string, value: number | string): IndexRange;
};

/** Builds the `returns` validator of a list function whose documents match `doc`. */
export const pageOf = <D extends Validator<Record<string, unknown>, "required", string>>(doc: D) =>
  v.object({ docs: v.array(doc), next: v.optional(position) });

/**
 * Reads one page with at most two index ranges.
 *
 * @param request The position and the number of documents.
 * @param read Reads at most `count` documents of a range, newest first, from an index whose next field is `_creationTime`.
 */
export async function readPage<Doc extends { _id: string; _creationTime: number }>(
  request: PageRequest,
  read: (range: Range, count: number) => Promise<Doc[]>,
): Promise<Page<Doc>> {
  // One document more than the page holds shows whether a next page exists.
  const count = request.limit + 1;
  const { after } = request;
  const found = after ? await read({ ties: after }, count) : await read("all", count);
  if (after && found.length < count) found.push(...(await read({ older: after.time }, count - found.length)));
  const docs = found.slice(0, request.limit);
  const last = docs.at(-1);
  return last && found.length > docs.length
    ? { docs, next: { time: last._creationTime, id: last._id } }
    : { docs };
}
