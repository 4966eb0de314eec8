import type { IndexRange } from "convex/server";
import { v, type Infer, type Validator } from "convex/values";

/**
 * Keyset paging, newest first: a page starts after the last document of the one before, by creation time and then by id,
 * which is how every Convex index ends. So documents inserted or deleted meanwhile shift nothing.
 */
const position = v.object({ time: v.number(), id: v.string() });

/** The arguments of a list function: how many documents at most, and the last document of the page before. */
export const pageArgs = { limit: v.number(), after: v.optional(position) };

export type Position = Infer<typeof position>;
export type PageRequest = { limit: number; after?: Position };
export type Page<Doc> = { docs: Doc[]; next?: Position };

/** What a page asks of an index: `ties` share the creation time of the position, `older` come after it. */
export type Range = "all" | { ties: Position } | { older: number };

/** Narrows an index range builder that stands before `_creationTime` to a page's range. */
export function within(builder: IndexRange, range: Range): IndexRange {
  // Every index ends with `_creationTime` and `_id` and takes bounds on both; the types leave `_id` out.
  const q = builder as IndexRange & Bounds;
  if (range === "all") return q;
  if ("older" in range) return q.lt("_creationTime", range.older);
  return q.eq("_creationTime", range.ties.time).lt("_id", range.ties.id);
}

type Bounds = {
  eq(field: string, value: number): Bounds;
  lt(field: string, value: number | string): IndexRange;
};

/** The `returns` of a list function whose documents are `doc`. */
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
  const wanted = request.limit + 1;
  const { after } = request;
  const found = after ? await read({ ties: after }, wanted) : await read("all", wanted);
  if (after && found.length < wanted)
    found.push(...(await read({ older: after.time }, wanted - found.length)));
  const docs = found.slice(0, request.limit);
  const last = docs.at(-1);
  return last && found.length > docs.length
    ? { docs, next: { time: last._creationTime, id: last._id } }
    : { docs };
}
