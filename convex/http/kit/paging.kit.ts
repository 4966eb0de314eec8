import "./everyRequest.kit";
import {
  fail,
  type PageRequest,
  type Position,
  type RankedPosition,
  type SearchRequest,
} from "./product.kit";
import { checksum } from "./productFormats.kit";

/** The default number of elements of a page. */
export const DEFAULT_LIMIT = 10;

/** The maximum number of elements of a page. */
export const MAX_LIMIT = 100;

/** The maximum length of a cursor, in UTF-16 units. */
export const MAX_CURSOR = 200;

/**
 * Whether a query consists only of a valid `limit`, a valid `order` and a `cursor`, at most once each. If not, `schemas.kit.ts`
 * decides, and words the errors.
 */
export function isPlainPage(search: readonly [string, string][]): boolean {
  const names = new Set(search.map(([name]) => name));
  return names.size === search.length && search.every(([name, value]) => isPlain(name, value));
}

function isPlain(name: string, value: string): boolean {
  if (name === "limit") return /^[1-9]\d{0,2}$/.test(value) && Number(value) <= MAX_LIMIT;
  return name === "cursor" || (name === "order" && isOrder(value));
}

const isOrder = (value: string | undefined) => value === "asc" || value === "desc";

/** The requested page, and the link to the next page. */
export type PageCall<Filters = unknown> = {
  /** The page, with the values of the filters that the request has: the arguments of a list function. */
  request: PageRequest & Filters;
  /** The requested page of a search, if the request has `q`. */
  search?: SearchRequest;
  /** Makes the `Link` header to the page that starts at a position (RFC 8288); empty after the last page. */
  link: (next: Position | RankedPosition | undefined) => { Link?: string };
};

/** The valid query of a paged route. */
type Query = {
  limit?: string;
  cursor?: string;
  order?: string;
  createdAfter?: string;
  createdBefore?: string;
  q?: string;
  /** The filters. */
  [name: string]: string | undefined;
};

/**
 * Reads the query of a list, and makes the links. A checksum binds a cursor to its list, filters and order, so a cursor
 * from another list and a corrupt cursor are refused. A cursor carries no authority: the credential decides what it can reach.
 *
 * @param url The request's URL; the link keeps its path, limit and filters.
 * @param params The values of the path's parameters. They bind the cursor too.
 */
export function pageCall(
  operationId: string,
  query: Query,
  url: string,
  params: readonly string[] = [],
): PageCall {
  const { pathname, searchParams } = new URL(url);
  const bound = [...searchParams].filter(([name, value]) => !isFree(name, value)).sort();
  const list = JSON.stringify([operationId, bound, ...params]);
  const { limit: given, cursor, order, createdAfter, createdBefore, q, ...filters } = query;
  const limit = given === undefined ? DEFAULT_LIMIT : Number(given);
  const parts = cursor === undefined ? undefined : readCursor(cursor, list);
  return {
    request: {
      ...filters,
      limit,
      ...(parts !== undefined && q === undefined && { after: positionOf(parts) }),
      ...(order === "asc" && { order }),
      ...(createdAfter !== undefined && { createdAfter: timeBound(createdAfter) }),
      ...(createdBefore !== undefined && { createdBefore: timeBound(createdBefore) }),
    },
    ...(q !== undefined && {
      search: { q, limit, ...(parts !== undefined && { after: rankedPositionOf(parts) }) },
    }),
    link: (next) => {
      if (!next) return {};
      searchParams.set("cursor", writeCursor(next, list));
      return { Link: `<${pathname}?${searchParams.toString()}>; rel="next"` };
    },
  };
}

/** Whether a parameter does not change which elements a list has, in which order. */
function isFree(name: string, value: string): boolean {
  return name === "limit" || name === "cursor" || (name === "order" && value === "desc");
}

/**
 * Returns the first millisecond that is not before a time of RFC 3339. `Date.parse` ignores digits below the millisecond, and
 * replies show times in whole milliseconds.
 */
export function timeBound(time: string): number {
  return Date.parse(time) + (/\.\d{3}\d*[1-9]/.test(time) ? 1 : 0);
}

function writeCursor(next: Position | RankedPosition, list: string): string {
  const parts = "rank" in next ? [next.rank] : [next.time, next.id];
  const position = btoa(JSON.stringify(parts)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return position + checksum(list + position);
}

function readCursor(cursor: string, list: string): unknown {
  if (cursor === "" || cursor.length > MAX_CURSOR) refuse();
  const position = cursor.slice(0, -8);
  if (cursor.slice(-8) !== checksum(list + position)) refuse();
  try {
    return JSON.parse(atob(position.replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    // The checksum is valid, but the position is not one that a list writes.
    return refuse();
  }
}

function positionOf(parts: unknown): Position {
  const [time, id] = partsOf(parts);
  return isNumber(time) && isText(id) ? { time, id } : refuse();
}

function rankedPositionOf(parts: unknown): RankedPosition {
  const [rank] = partsOf(parts);
  return isNumber(rank) ? { rank } : refuse();
}

const partsOf = (parts: unknown): readonly unknown[] => (Array.isArray(parts) ? parts : refuse());
const isNumber = (value: unknown): value is number => typeof value === "number";
const isText = (value: unknown): value is string => typeof value === "string" && value.isWellFormed();

function refuse(): never {
  fail("invalid_cursor", "cursor: was not issued by this list with these filters");
}
