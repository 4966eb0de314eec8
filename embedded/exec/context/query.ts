/** `ctx.db.query`, past the text: tables and ranges of indexes. Filters, pages and searches go the long way. */
import type { Value } from "convex/values";
import { documentOf } from "../../values/stored";
import type { Execution } from "../execution";
import type { SerializedQuery } from "../query/source";
import { openQuery } from "../query/stream";
import type { AtOnce } from "./atOnce";
import type { LongQuery, LongRange } from "./longQuery";
import type { Bound } from "./queryRange";
import { expressionOf, replay, ShortRange } from "./queryRange";

/** Who asks, and the table as `convex/server` queries it. */
interface Asked {
  readonly execution: Execution;
  readonly atOnce: AtOnce;
  readonly table: string;
  readonly long: () => LongQuery;
}

interface Source {
  readonly index: string | null;
  readonly bounds: readonly Bound[];
  readonly order: "asc" | "desc" | null;
}

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

/** A query that is used once. What it does not do itself, one of `convex/server` in the same state does. */
class ShortQuery {
  readonly #asked: Asked;
  readonly #source: Source;
  #state: "fresh" | "chained" | "consumed" = "fresh";
  #long: LongQuery | null = null;

  constructor(asked: Asked, source: Source) {
    this.#asked = asked;
    this.#source = source;
  }

  order(order: unknown): LongQuery | ShortQuery {
    if (this.#state !== "fresh" || this.#source.order !== null || (order !== "asc" && order !== "desc")) {
      return this.#asLong().order(order);
    }
    this.#state = "chained";
    return new ShortQuery(this.#asked, { ...this.#source, order });
  }

  filter(predicate: unknown): LongQuery {
    return this.#asLong().filter(predicate);
  }

  limit(n: unknown): LongQuery {
    return this.#asLong().limit(n);
  }

  paginate(options: unknown): Promise<unknown> {
    return this.#asLong().paginate(options);
  }

  next(): Promise<unknown> {
    return this.#asLong().next();
  }

  return(): Promise<unknown> {
    return this.#asLong().return();
  }

  [Symbol.asyncIterator](): AsyncIterator<Value> {
    return this.#asLong()[Symbol.asyncIterator]();
  }

  async collect(): Promise<Value[]> {
    if (!this.#isShort) return this.#asLong().collect();
    this.#state = "consumed";
    return this.#rows(null);
  }

  async take(n: unknown): Promise<Value[]> {
    if (!this.#isShort || typeof n !== "number" || !Number.isSafeInteger(n) || n < 0) {
      return this.#asLong().take(n);
    }
    this.#state = "chained";
    return this.#rows(n);
  }

  async first(): Promise<Value> {
    if (!this.#isShort) return this.#asLong().first();
    this.#state = "chained";
    return this.#rows(1)[0] ?? null;
  }

  async unique(): Promise<Value> {
    if (!this.#isShort) return this.#asLong().unique();
    this.#state = "chained";
    const [only = null, second] = this.#rows(2) as { _id: string }[];
    if (only === null || second === undefined) return only;
    const ids = `[${only._id}, ${second._id}, ...]`;
    throw new Error(`unique() query returned more than one result from table ${this.#asked.table}:\n ${ids}`);
  }

  get #isShort(): boolean {
    return this.#state === "fresh" && this.#long === null && !this.#asked.execution.turns.busy;
  }

  #rows(limit: number | null): Value[] {
    const { execution, atOnce, table } = this.#asked;
    const { index, bounds, order } = this.#source;
    const query: SerializedQuery = {
      source:
        index === null
          ? { type: "FullTableScan", tableName: table, order }
          : { type: "IndexRange", indexName: `${table}.${index}`, range: bounds.map(expressionOf), order },
      operators: limit === null ? [] : [{ limit }],
    };
    return atOnce(execution, () => {
      const open = openQuery(execution, query);
      const documents: Value[] = [];
      for (let row = open.next(); row !== null; row = open.next()) documents.push(documentOf(row.json));
      return documents;
    });
  }

  static longOf(query: ShortQuery): LongQuery {
    return query.#asLong();
  }

  #asLong(): LongQuery {
    return (this.#long ??= this.#makeLong());
  }

  #makeLong(): LongQuery {
    const { index, bounds, order } = this.#source;
    const table = this.#asked.long();
    const whole = index === null ? table.fullTableScan() : table.withIndex(index, replay(bounds));
    const long = order === null ? whole : whole.order(order);
    if (this.#state === "chained") long.limit(1);
    // It resolves at once.
    if (this.#state === "consumed") void long.return();
    return long;
  }
}

/** The query of `convex/server` in the place of a short one; all else as it is. */
export function longOf(value: unknown): unknown {
  const query = value instanceof ShortTable ? value.fullTableScan() : value;
  return query instanceof ShortQuery ? ShortQuery.longOf(query) : value;
}
