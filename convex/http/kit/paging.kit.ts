import "./everyRequest.kit";
import { fail, type PageRequest, type Position } from "./product.kit";
import { checksum } from "./productFormats.kit";

/** The default number of elements of a page. */
export const DEFAULT_LIMIT = 10;

/** The maximum number of elements of a page. */
export const MAX_LIMIT = 100;

/** The maximum length of a cursor, in code points. */
export const MAX_CURSOR = 200;

/**
 * Whether a query consists only of a valid `limit` and a valid `cursor`, at most once each. If not, `schemas.kit.ts` decides, and
 * words the errors.
 */
export function isPlainPage(search: readonly [string, string][]): boolean {
  const names = new Set(search.map(([name]) => name));
  return names.size === search.length && search.every(([name, value]) => isPlain(name, value));
}

function isPlain(name: string, value: string): boolean {
  if (name === "limit") return /^[1-9]\d{0,2}$/.test(value) && Number(value) <= MAX_LIMIT;
  return name === "cursor" && value !== "" && value.length <= MAX_CURSOR;
}

/** The requested page, and the link to the next page. */
export type PageCall = {
  request: PageRequest;
  /** Makes the `Link` header to the page that starts after a position (RFC 8288); empty after the last page. */
  link: (next: Position | undefined) => { Link?: string };
};

/**
 * Reads `limit` and `cursor`, and makes the links. A checksum binds a cursor to its list and filters, so a cursor
 * from another list and a corrupt cursor are refused. A cursor carries no authority: the credential decides what it can reach.
 *
 * @param url The request's URL; the link keeps its path, limit and filters.
 */
export function pageCall(
  operationId: string,
  query: { limit?: string; cursor?: string },
  url: string,
): PageCall {
  const { pathname, searchParams } = new URL(url);
  const filters = [...searchParams].filter(([name]) => name !== "limit" && name !== "cursor").sort();
  const list = JSON.stringify([operationId, filters]);
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor, list);
  return {
    request: {
      limit: query.limit === undefined ? DEFAULT_LIMIT : Number(query.limit),
      ...(after && { after }),
    },
    link: (next) => {
      if (!next) return {};
      searchParams.set("cursor", writeCursor(next, list));
      return { Link: `<${pathname}?${searchParams.toString()}>; rel="next"` };
    },
  };
}

function writeCursor({ time, id }: Position, list: string): string {
  const position = btoa(JSON.stringify([time, id]))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  return position + checksum(list + position);
}

function readCursor(cursor: string, list: string): Position {
  const position = cursor.slice(0, -8);
  if (cursor.slice(-8) !== checksum(list + position)) refuse();
  try {
    const [time, id] = JSON.parse(atob(position.replaceAll("-", "+").replaceAll("_", "/"))) as [
      unknown,
      unknown,
    ];
    if (typeof time === "number" && typeof id === "string" && id.isWellFormed()) return { time, id };
  } catch {
    // The checksum is valid, but the position is not one that a list writes.
  }
  return refuse();
}

function refuse(): never {
  fail("invalid_cursor", "cursor: was not issued by this list with these filters");
}
