import type { IndexRange } from "convex/server";
import { v, type Infer, type Validator } from "convex/values";

/**
 * Keyset pagination in the order of creation. A page starts after the last document of the previous page, by creation time and
 * then by id, because every Convex index ends with these fields. Concurrent inserts and deletes do not shift the pages.
 */
export const position = v.object({ time: v.number(), id: v.string() });

/** The arguments of a list function. Times are in milliseconds since the epoch. */
export const pageArgs = {
  /** The maximum number of documents. */
  limit: v.number(),
  /** The last document of the previous page. */
  after: v.optional(position),
  /** Default: `desc`, the newest first. */
  order: v.optional(v.union(v.literal("asc"), v.literal("desc"))),
  /** Only documents that were created at this time or later. */
  createdAfter: v.optional(v.number()),
  /** Only documents that were created before this time. */
  createdBefore: v.optional(v.number()),
};

export type Position = Infer<typeof position>;
export type Order = "asc" | "desc";
export type PageRequest = {
  limit: number;
  after?: Position;
  order?: Order;
  createdAfter?: number;
  createdBefore?: number;
};
export type Page<Doc> = { docs: Doc[]; next?: Position };

/**
 * An index range of a page: the documents with the creation time of the position that come after it, or the documents between two
 * creation times.
 */
export type Range = { ties: Position; order: Order } | { from?: number; after?: number; before?: number };

/** The range of all documents. */
export const ALL: Range = {};

/** Narrows an index range to a page's range. The next field of the builder's index is `_creationTime`. */
export function within(builder: IndexRange, range: Range): IndexRange {
  // Every index ends with `_creationTime` and `_id`, and accepts bounds on both. Convex's types leave `_id` out.
  const q = builder as IndexRange & Bounds;
  if ("ties" in range) {
    const ties = q.eq("_creationTime", range.ties.time);
    return range.order === "asc" ? ties.gt("_id", range.ties.id) : ties.lt("_id", range.ties.id);
  }
  const { from, after, before } = range;
  const bounded =
    after !== undefined
      ? q.gt("_creationTime", after)
      : from !== undefined
        ? q.gte("_creationTime", from)
        : q;
  return before === undefined ? bounded : bounded.lt("_creationTime", before);
}

type Bounds = IndexRange & {
  eq(field: string, value: number): Bounds;
  gt(field: string, value: number | string): Bounds;
  gte(field: string, value: number): Bounds;
  lt(field: string, value: number | string): IndexRange;
};

/** A query with an index range, before its order. */
export type Ranged<Doc> = { order(order: Order): { take(count: number): Promise<Doc[]> } };

/** Returns the documents of a range, among documents that are already read. */
export const among = <Doc extends { _id: string; _creationTime: number }>(
  docs: readonly Doc[],
  range: Range,
): Ranged<Doc> => ({
  order: (order) => ({
    take: (count) => {
      const ascending = docs
        .filter((doc) => isWithin(doc, range))
        .sort((a, b) => a._creationTime - b._creationTime || (a._id < b._id ? -1 : 1));
      return Promise.resolve((order === "asc" ? ascending : ascending.reverse()).slice(0, count));
    },
  }),
});

function isWithin({ _id: id, _creationTime: time }: { _id: string; _creationTime: number }, range: Range) {
  if ("ties" in range)
    return time === range.ties.time && (range.order === "asc" ? id > range.ties.id : id < range.ties.id);
  const { from = -Infinity, after = -Infinity, before = Infinity } = range;
  return time >= from && time > after && time < before;
}

/** Builds the `returns` validator of a list function whose documents match `doc`. */
export const pageOf = <D extends Validator<Record<string, unknown>, "required", string>>(doc: D) =>
  v.object({ docs: v.array(doc), next: v.optional(position) });

/**
 * Reads one page with at most two index ranges.
 *
 * @param read Returns the query of a range, on an index whose next field is `_creationTime`.
 */
export async function readPage<Doc extends { _id: string; _creationTime: number }>(
  request: PageRequest,
  read: (range: Range) => Ranged<Doc>,
): Promise<Page<Doc>> {
  const { limit, after, order = "desc" } = request;
  // One document more than the page holds shows whether a next page exists.
  const count = limit + 1;
  const found: Doc[] = [];
  for (const range of rangesOf(after, order, request)) {
    if (found.length < count)
      found.push(
        ...(await read(range)
          .order(order)
          .take(count - found.length)),
      );
  }
  const docs = found.slice(0, limit);
  const last = docs.at(-1);
  return last && found.length > docs.length
    ? { docs, next: { time: last._creationTime, id: last._id } }
    : { docs };
}

function rangesOf(
  after: Position | undefined,
  order: Order,
  { createdAfter: from, createdBefore: before }: PageRequest,
): Range[] {
  const bounds = { ...(from !== undefined && { from }), ...(before !== undefined && { before }) };
  if (!after) return [bounds];
  const rest = order === "asc" ? { ...bounds, after: after.time } : { ...bounds, before: after.time };
  return [{ ties: after, order }, rest];
}
