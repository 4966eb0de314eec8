/** `paginate`: one page of a query's results, with the page boundaries of Convex's backend (`read_page_from_query`). */
import type { KeyRange, Row } from "../../store/types";
import { keyAfter } from "../../values/keys";
import { MAX_MATCHES } from "../../search/topMatches";
import { SyscallError } from "../errors";
import type { Execution } from "../execution";
import { readerOf } from "../documentReads";
import type { Position } from "./cursor";
import { decodeCursor, encodeCursor, fingerprint } from "./cursor";
import { searchRows } from "./search";
import type { RangeSource, SerializedQuery, Source } from "./source";
import { sourceOf } from "./source";
import { compileOperators, scan } from "./stream";

interface PageArgs {
  readonly query: SerializedQuery;
  readonly cursor: string | null;
  readonly endCursor?: string | null;
  readonly pageSize: number;
  readonly maximumRowsRead?: number | null;
  readonly maximumBytesRead?: number | null;
}

/** Beyond these a split is recommended: three quarters of the limits of one query's reads and of an array's length. */
const SOFT_ROWS = 24_000;
const SOFT_SEARCH_ROWS = (MAX_MATCHES * 3) / 4;
const SOFT_BYTES = 12 * 1024 * 1024;
const SOFT_PAGE_LENGTH = 6_144;

/** `1.0/queryPage`. @returns the JSON text of a `PaginationResult`. It contains the documents' stored texts. */
export function queryPage(execution: Execution, args: PageArgs): string {
  readerOf(execution);
  checkSizes(args);
  if (execution.paginated) {
    throw new SyscallError(
      "This query or mutation function ran multiple paginated queries. Convex only supports a single paginated query " +
        "in each function.",
    );
  }
  execution.paginated = true;

  const source = sourceOf(execution, args.query);
  const prefix = source !== null && "range" in source ? source.range.prefix : Buffer.alloc(0);
  const print = fingerprint(args.query, source);
  const start = args.cursor === null ? null : decodeCursor(args.cursor, print, prefix);
  const { journal } = execution;
  const endCursor = journal?.previous ?? args.endCursor ?? null;
  const end = endCursor === null ? null : decodeCursor(endCursor, print, prefix);

  const rows = source === null ? { next: () => null } : rowsOf(execution, source, start, end);
  const isSearch = source !== null && "search" in source;
  const page = isSearch
    ? readPage(rows, withoutLimits(args), start, end, SOFT_SEARCH_ROWS)
    : readPage(rows, args, start, end, SOFT_ROWS);
  const encode = (position: Position): string => JSON.stringify(encodeCursor(position, print, prefix));
  if (journal !== null) journal.next = encodeCursor(page.position, print, prefix);
  return (
    `{"page":[${page.documents.join(",")}],"isDone":${String(page.position === "end")},` +
    `"continueCursor":${encode(page.position)},` +
    `"splitCursor":${page.split === null || isSearch ? "null" : encode(page.split)},` +
    `"pageStatus":${JSON.stringify(page.status)}}`
  );
}

/** A search has a limit of its own on the documents that it reads. As on Convex, the limits of a page do not apply to it. */
function withoutLimits(args: PageArgs): PageArgs {
  return { ...args, maximumRowsRead: null, maximumBytesRead: null };
}

function rowsOf(
  execution: Execution,
  source: Source,
  start: Position | null,
  end: Position | null,
): { next(): Row | null } {
  if ("search" in source) return searchRows(execution, source, start, end);
  return scan(execution, source, between(source, start, end));
}

interface Page {
  readonly documents: readonly string[];
  readonly position: Position;
  readonly split: Position | null;
  readonly status: "SplitRequired" | "SplitRecommended" | null;
}

/** @param rowsOfSplit A page that reads more rows recommends a split. */
function readPage(
  rows: { next(): Row | null },
  args: PageArgs,
  start: Position | null,
  end: Position | null,
  rowsOfSplit: number,
): Page {
  const classify = compileOperators(args.query.operators);
  const documents: string[] = [];
  const read: Buffer[] = [];
  let bytes = 0;
  let position: Position | null = start;
  let status: Page["status"] = null;

  // With an end cursor, the page holds all rows up to it. Sizes and limits apply only to pages without one. As on Convex, a
  // page that ends with the last row is not marked as done: the page after it is empty, and done.
  while (end !== null || documents.length < args.pageSize) {
    if (end === null && read.length > 0 && overLimit(args, read.length, bytes)) {
      status = "SplitRequired";
      break;
    }
    const row = rows.next();
    if (row === null) {
      position = "end";
      break;
    }
    const verdict = classify(row);
    if (verdict === "stop") break;
    read.push(row.key);
    bytes += row.json.length;
    position = { after: row.key };
    if (verdict === "take") documents.push(row.json);
  }

  const softRows = Math.min(rowsOfSplit, ((args.maximumRowsRead ?? Infinity) * 3) / 4);
  const softBytes = Math.min(SOFT_BYTES, ((args.maximumBytesRead ?? Infinity) * 3) / 4);
  const splitRecommended = read.length > softRows || bytes > softBytes || documents.length > SOFT_PAGE_LENGTH;
  const middle = read.length > 2 ? read[Math.floor(read.length / 2)] : undefined;
  return {
    documents,
    position: end ?? position ?? "end",
    split: middle === undefined ? null : { after: middle },
    status: status ?? (splitRecommended ? "SplitRecommended" : null),
  };
}

function overLimit(args: PageArgs, rows: number, bytes: number): boolean {
  return rows >= (args.maximumRowsRead ?? Infinity) || bytes >= (args.maximumBytesRead ?? Infinity);
}

/** Returns the part of a source's range after `start` and up to `end`. */
function between(source: RangeSource, start: Position | null, end: Position | null): KeyRange {
  const { range, order } = source;
  if (start === "end") return { start: range.start, end: range.start };
  let low = range.start;
  let high = range.end;
  if (start !== null) {
    if (order === "asc") low = later(low, keyAfter(start.after));
    else high = earlier(high, start.after);
  }
  if (end !== null && end !== "end") {
    if (order === "asc") high = earlier(high, keyAfter(end.after));
    else low = later(low, end.after);
  }
  return { start: low, end: high };
}

function later(a: Buffer, b: Buffer): Buffer {
  return a.compare(b) >= 0 ? a : b;
}

function earlier(a: Buffer, b: Buffer): Buffer {
  return a.compare(b) <= 0 ? a : b;
}

function checkSizes(args: PageArgs): void {
  if (!Number.isInteger(args.pageSize) || args.pageSize < 0) {
    throw new SyscallError(`\`options.numItems\` must be a non-negative integer, not ${args.pageSize}`);
  }
  if (args.pageSize === 0) throw new SyscallError("Must request at least 1 document while paginating");
  if (args.maximumRowsRead === 0 || args.maximumBytesRead === 0) {
    throw new SyscallError("maximumRowsRead and maximumBytesRead must be greater than 0");
  }
}
