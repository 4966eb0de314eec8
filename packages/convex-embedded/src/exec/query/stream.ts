/** Queries that are iterated: `collect`, `take`, `first`, `unique`, `for await`. */
import type { JSONValue } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { KeyRange, Row } from "../../store/types";
import { SyscallError } from "../errors";
import type { Execution } from "../execution";
import { readerOf } from "../documentReads";
import { compileFilter } from "./filter";
import { searchRows } from "./search";
import type { RangeSource, SerializedQuery } from "./source";
import { sourceOf } from "./source";

/** The decision on one row: return it, skip it, or end the query. */
export type Verdict = "take" | "skip" | "stop";

/** A query that is being iterated. */
export interface OpenQuery {
  next(): Row | null;
}

/**
 * Compiles the operators of a query to one function. Call it for each row, in order.
 * It parses documents only if the query has a filter.
 */
export function compileOperators(operators: SerializedQuery["operators"]): (row: Row) => Verdict {
  const steps = operators.map((operator) => {
    if ("filter" in operator) return { test: compileFilter(operator.filter) };
    return { left: operator.limit };
  });
  if (steps.length === 0) return () => "take";
  const parses = operators.some((operator) => "filter" in operator);
  return (row) => {
    const document = parses ? jsonToConvex(JSON.parse(row.json) as JSONValue) : null;
    for (const step of steps) {
      if ("test" in step) {
        if (!step.test(document)) return "skip";
      } else if (step.left-- <= 0) {
        return "stop";
      }
    }
    return "take";
  };
}

/** True if a limit of the query is zero: no row needs to be read. */
function hasZeroLimit(query: SerializedQuery): boolean {
  return query.operators.some((operator) => "limit" in operator && operator.limit === 0);
}

/**
 * Scans a source and counts the rows as read. @param range Default: the source's whole range. A page passes a part of it.
 *
 * @throws SyscallError if the transaction exceeds its read limits. So does `next()`.
 */
export function scan(
  execution: Execution,
  source: RangeSource,
  range: KeyRange = source.range,
): { next(): Row | null } {
  const { usage, readSet } = execution;
  const { start, end } = range;
  if (source.system) readSet?.addUntracked();
  const rangeRead = readSet?.range(source.table, source.index, range, source.order);
  usage.countRange({ index: source.index, range });
  if (start.compare(end) >= 0) return { next: () => null };
  const rows = readerOf(execution).scan(source.index, range, source.order);
  return {
    next() {
      const row = rows.next();
      rangeRead?.read(row);
      if (row !== null && !source.system) usage.countDocument(row.json);
      return row;
    },
  };
}

/**
 * Returns the stored documents of a query without filters. @param limit Null for all.
 *
 * @throws SyscallError if the query is invalid or exceeds a limit.
 */
export function rowsOf(
  execution: Execution,
  source: SerializedQuery["source"],
  limit: number | null,
): string[] {
  readerOf(execution);
  const range = sourceOf(execution, { source, operators: [] });
  // The first read pins the snapshot.
  if (range === null || limit === 0) return [];
  const rows = "search" in range ? searchRows(execution, range) : scan(execution, range);
  const found: string[] = [];
  // Do not read past the last row that the limit allows.
  while (found.length !== limit) {
    const row = rows.next();
    if (row === null) break;
    found.push(row.json);
  }
  return found;
}

/** Opens a query. Reads no rows yet. @throws SyscallError if the query is invalid or not supported. */
function openQuery(execution: Execution, query: SerializedQuery): OpenQuery {
  readerOf(execution);
  const source = sourceOf(execution, query);
  const classify = compileOperators(query.operators);
  const limits = query.operators.flatMap((operator) => ("limit" in operator ? [operator.limit] : []));
  const least = Math.min(...limits);
  let rows: { next(): Row | null } | null = null;
  let taken = 0;
  let done = source === null || hasZeroLimit(query);
  return {
    next() {
      while (!done && source !== null) {
        // Do not scan before the first row is requested: the first read pins the snapshot.
        rows ??= "search" in source ? searchRows(execution, source) : scan(execution, source);
        const row = rows.next();
        const verdict = row === null ? "stop" : classify(row);
        if (verdict === "stop") done = true;
        if (verdict !== "take") continue;
        // Do not read past the last row that a limit allows.
        if (++taken >= least) done = true;
        return row;
      }
      return null;
    },
  };
}

/** `1.0/queryStream`. @returns `{"queryId":n}`. */
export function queryStream(execution: Execution, args: { query: SerializedQuery }): string {
  const query = openQuery(execution, args.query);
  const queryId = execution.opened++;
  execution.queries.set(queryId, query);
  return `{"queryId":${queryId}}`;
}

/** `1.0/queryStreamNext`. @returns `{"value":document,"done":false}`, or `{"value":null,"done":true}`. */
export function queryStreamNext(execution: Execution, args: { queryId: number }): string {
  const query = execution.queries.get(args.queryId);
  if (query === undefined) throw new SyscallError("in-progress query not found");
  const row = query.next();
  if (row !== null) return `{"value":${row.json},"done":false}`;
  execution.queries.delete(args.queryId);
  return '{"value":null,"done":true}';
}

/** `1.0/queryCleanup`: closes a query whose iteration stopped early. */
export function queryCleanup(execution: Execution, args: { queryId: number }): string {
  execution.queries.delete(args.queryId);
  return "null";
}
