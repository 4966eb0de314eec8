/** Queries that are iterated: `collect`, `take`, `first`, `unique`, `for await`. */
import type { JSONValue } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { KeyRange, Row } from "../../store/types";
import { SyscallError } from "../errors";
import type { Execution } from "../execution";
import { readerOf } from "../documentReads";
import { compileFilter } from "./filter";
import type { SerializedQuery, Source } from "./source";
import { sourceOf } from "./source";

/** What becomes of one row: handed out, left out, or the sign that no more can come. */
export type Verdict = "take" | "skip" | "stop";

/** A query under way. */
export interface OpenQuery {
  next(): Row | null;
}

/**
 * The operators of a query as one function, called for each row in order.
 * Documents are parsed only where a filter asks for it.
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

/** True if a limit of the query is zero, so that not even the first row need be read. */
function wantsNothing(query: SerializedQuery): boolean {
  return query.operators.some((operator) => "limit" in operator && operator.limit === 0);
}

/**
 * The rows that a source has in a range, which is the source's own unless a page narrows it. They count as read.
 *
 * @throws SyscallError, as `next()` does, when the transaction has read too much.
 */
export function scan(
  execution: Execution,
  source: Source,
  range: KeyRange = source.range,
): { next(): Row | null } {
  const { usage, readSet } = execution;
  const { start, end } = range;
  if (source.system) readSet?.addUntracked();
  const rangeRead = readSet?.range(source.table, source.index, range, source.order);
  usage.countRange(`${source.index.id} ${start.toString("latin1")} ${end.toString("latin1")}`);
  if (start.compare(end) >= 0) return { next: () => null };
  const rows = readerOf(execution).scan(source.index, range, source.order);
  if (source.system) return rows;
  return {
    next() {
      const row = rows.next();
      rangeRead?.read(row);
      if (row !== null) usage.countDocument(row.json);
      return row;
    },
  };
}

/** Opens a query. Nothing is read yet. @throws SyscallError for one that cannot be served. */
export function openQuery(execution: Execution, query: SerializedQuery): OpenQuery {
  readerOf(execution);
  const source = sourceOf(execution, query);
  const classify = compileOperators(query.operators);
  const limits = query.operators.flatMap((operator) => ("limit" in operator ? [operator.limit] : []));
  const least = Math.min(...limits);
  let rows: { next(): Row | null } | null = null;
  let taken = 0;
  let done = source === null || wantsNothing(query);
  return {
    next() {
      while (!done && source !== null) {
        // The reader is asked for the first row, not before: a snapshot is pinned by its first read.
        rows ??= scan(execution, source);
        const row = rows.next();
        const verdict = row === null ? "stop" : classify(row);
        if (verdict === "stop") done = true;
        if (verdict !== "take") continue;
        // The row after the last one that a limit lets through need not be read.
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

/** `1.0/queryCleanup`: the function iterates no further. */
export function queryCleanup(execution: Execution, args: { queryId: number }): string {
  execution.queries.delete(args.queryId);
  return "null";
}
