/** A query of a table or of a range of an index, answered without text. */
import type { Value } from "convex/values";
import { documentOf } from "../../values/stored";
import type { Execution } from "../execution";
import type { SerializedQuery } from "../query/source";
import { openQuery } from "../query/stream";
import type { AtOnce } from "./atOnce";
import type { LongQuery } from "./longQuery";
import type { Bound } from "./queryRange";
import { expressionOf, replay } from "./queryRange";

/** Who asks, and the table as `convex/server` queries it. */
export interface Asked {
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

/** A query that is used once. What it does not do itself, one of `convex/server` in the same state does. */
export class ShortQuery {
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
