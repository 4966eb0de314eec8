/** What of the queries of `convex/server` is asked for. */
import type { Value } from "convex/values";

/** A query of `convex/server`, in any of its states. */
export interface LongQuery {
  withIndex(name: unknown, range?: (q: LongRange) => unknown): LongQuery;
  withSearchIndex(name: unknown, search: unknown): LongQuery;
  fullTableScan(): LongQuery;
  count(): Promise<number>;
  order(order: unknown): LongQuery;
  filter(predicate: unknown): LongQuery;
  limit(n: unknown): LongQuery;
  paginate(options: unknown): Promise<unknown>;
  collect(): Promise<Value[]>;
  take(n: unknown): Promise<Value[]>;
  first(): Promise<Value>;
  unique(): Promise<Value>;
  next(): Promise<unknown>;
  return(): Promise<unknown>;
  [Symbol.asyncIterator](): AsyncIterator<Value>;
}

export type Method = "eq" | "gt" | "gte" | "lt" | "lte";
export type LongRange = Record<Method, (field: string, value: unknown) => LongRange>;
