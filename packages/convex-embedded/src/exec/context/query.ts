/** `ctx.db.query`, past the text: tables and ranges of indexes. Filters, pages and searches go the long way. */
import type { Value } from "convex/values";
import type { LongQuery, LongRange } from "./longQuery";
import { ShortRange } from "./queryRange";
import type { Asked } from "./shortQuery";
import { ShortQuery } from "./shortQuery";

/** A table before anything is said of the order or the range. It may be used many times. */
export class ShortTable {
  readonly #asked: Asked;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  withIndex(name: unknown, range?: (q: ShortRange) => ShortRange): LongQuery | ShortQuery {
    // A range of `convex/server` has the same methods.
    if (typeof name !== "string")
      return this.#asked.long().withIndex(name, range as (q: LongRange) => unknown);
    const builder = new ShortRange([]);
    const bounds = (range === undefined ? builder : range(builder)).export();
    return new ShortQuery(this.#asked, { index: name, bounds, order: null });
  }

  withSearchIndex(name: unknown, search: unknown): LongQuery {
    return this.#asked.long().withSearchIndex(name, search);
  }

  fullTableScan(): ShortQuery {
    return new ShortQuery(this.#asked, { index: null, bounds: [], order: null });
  }

  count(): Promise<number> {
    return this.#asked.long().count();
  }

  order(order: unknown): LongQuery | ShortQuery {
    return this.fullTableScan().order(order);
  }

  filter(predicate: unknown): LongQuery {
    return this.fullTableScan().filter(predicate);
  }

  limit(n: unknown): LongQuery {
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

/** The query of `convex/server` in the place of a short one; all else as it is. */
export function longOf(value: unknown): unknown {
  const query = value instanceof ShortTable ? value.fullTableScan() : value;
  return query instanceof ShortQuery ? ShortQuery.longOf(query) : value;
}
