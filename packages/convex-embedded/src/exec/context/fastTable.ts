/** The fast path of `ctx.db.query` before its range is known (see `fastQuery.ts`). */
import type { Value } from "convex/values";
import type { SlowQuery, SlowRange } from "./slowQuery";
import { FastRange } from "./fastRange";
import type { QueryTarget } from "./fastQuery";
import { FastQuery } from "./fastQuery";

/** A table without an order or a range yet. It can be used many times. */
export class FastTable {
  // Private in TypeScript only, see `FastQuery`.
  constructor(private readonly target: QueryTarget) {}

  withIndex(name: unknown, range?: (q: FastRange) => FastRange): SlowQuery | FastQuery {
    // The range of `convex/server` has the same methods.
    if (typeof name !== "string")
      return this.target.slow().withIndex(name, range as (q: SlowRange) => unknown);
    const builder = new FastRange([]);
    const bounds = (range === undefined ? builder : range(builder)).export();
    return new FastQuery(this.target, { index: name, bounds, order: null });
  }

  withSearchIndex(name: unknown, search: unknown): SlowQuery {
    return this.target.slow().withSearchIndex(name, search);
  }

  fullTableScan(): FastQuery {
    return new FastQuery(this.target, { index: null, bounds: [], order: null });
  }

  count(): Promise<number> {
    return this.target.slow().count();
  }

  order(order: unknown): SlowQuery | FastQuery {
    return this.fullTableScan().order(order);
  }

  filter(predicate: unknown): SlowQuery {
    return this.fullTableScan().filter(predicate);
  }

  limit(n: unknown): SlowQuery {
    return this.fullTableScan().limit(n);
  }

  paginate(options: unknown): Promise<unknown> {
    return this.fullTableScan().paginate(options);
  }

  collect(): Promise<Value[]> {
    return this.fullTableScan().collect();
  }

  take(n: unknown): Promise<Value[]> {
    return this.fullTableScan().take(n);
  }

  first(): Promise<Value> {
    return this.fullTableScan().first();
  }

  unique(): Promise<Value> {
    return this.fullTableScan().unique();
  }

  [Symbol.asyncIterator](): AsyncIterator<Value> {
    return this.fullTableScan()[Symbol.asyncIterator]();
  }
}

/** Converts a fast query to the query of `convex/server`. Returns any other value as it is. */
export function toSlowQuery(value: unknown): unknown {
  const query = value instanceof FastTable ? value.fullTableScan() : value;
  return query instanceof FastQuery ? FastQuery.slowOf(query) : value;
}
