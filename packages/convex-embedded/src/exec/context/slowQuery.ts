/** The methods of `convex/server`'s own queries that the slow path calls. */
import type { Value } from "convex/values";

/** A query of `convex/server`, in any of its states. */
export interface SlowQuery {
  withIndex(name: unknown, range?: (q: SlowRange) => unknown): SlowQuery;
  withSearchIndex(name: unknown, search: unknown): SlowQuery;
  fullTableScan(): SlowQuery;
  count(): Promise<number>;
  order(order: unknown): SlowQuery;
  filter(predicate: unknown): SlowQuery;
  limit(n: unknown): SlowQuery;
  paginate(options: unknown): Promise<unknown>;
  collect(): Promise<Value[]>;
  take(n: unknown): Promise<Value[]>;
  first(): Promise<Value>;
  unique(): Promise<Value>;
  next(): Promise<unknown>;
  return(): Promise<unknown>;
  [Symbol.asyncIterator](): AsyncIterator<Value>;
}

export type Comparison = "eq" | "gt" | "gte" | "lt" | "lte";
export type SlowRange = Record<Comparison, (field: string, value: unknown) => SlowRange>;
