/**
 * The fast path of `ctx.db.query`: it answers common queries without JSON text.
 *
 * `convex/server` sends each query and each row through a syscall as JSON text. Most queries name a table, a range of an index
 * and an order, and then ask for rows. For those this class calls the engine directly:
 *
 * ```ts
 * ctx.db.query("items").withIndex("by_owner", (q) => q.eq("ownerId", id)).take(10); // fast: rows of one index range
 * ctx.db.query("items").filter((q) => q.eq(q.field("name"), "bolt")).collect(); // slow: `convex/server` evaluates the filter
 * ```
 *
 * A query starts on the fast path. The fast path does not support `filter`, `paginate`, arguments of the wrong type and a second
 * use. At the first such call, `asSlow` creates the equivalent query of `convex/server`, in the same state, and forwards the
 * call. So results and error messages are always those of `convex/server`. While a nested function holds the database
 * queue, queries take the slow path as well: the slow path can wait and the fast path cannot.
 */
import type { Value } from "convex/values";
import { documentOf } from "../../values/stored";
import type { Execution } from "../execution";
import type { SerializedQuery } from "../query/source";
import { rowsOf } from "../query/stream";
import type { RunSynchronously } from "./synchronous";
import type { SlowQuery } from "./slowQuery";
import type { Bound } from "./fastRange";
import { expressionOf, replayBounds } from "./fastRange";

/** The table, the execution that reads it, and the query of `convex/server` for the slow path. */
export interface QueryTarget {
  readonly execution: Execution;
  readonly runSynchronously: RunSynchronously;
  readonly table: string;
  readonly slow: () => SlowQuery;
}

interface Source {
  readonly index: string | null;
  readonly bounds: readonly Bound[];
  readonly order: "asc" | "desc" | null;
}

/** A query. It can be used once. */
export class FastQuery {
  // Fields are private in TypeScript only, as in `convex/server`: a function may wrap the query in a `Proxy`.
  private state: "fresh" | "chained" | "consumed" = "fresh";
  private slow: SlowQuery | null = null;

  constructor(
    private readonly target: QueryTarget,
    private readonly source: Source,
  ) {}

  order(order: unknown): SlowQuery | FastQuery {
    if (this.state !== "fresh" || this.source.order !== null || (order !== "asc" && order !== "desc")) {
      return this.asSlow().order(order);
    }
    this.state = "chained";
    return new FastQuery(this.target, { ...this.source, order });
  }

  filter(predicate: unknown): SlowQuery {
    return this.asSlow().filter(predicate);
  }

  limit(n: unknown): SlowQuery {
    return this.asSlow().limit(n);
  }

  paginate(options: unknown): Promise<unknown> {
    return this.asSlow().paginate(options);
  }

  next(): Promise<unknown> {
    return this.asSlow().next();
  }

  return(): Promise<unknown> {
    return this.asSlow().return();
  }

  [Symbol.asyncIterator](): AsyncIterator<Value> {
    return this.asSlow()[Symbol.asyncIterator]();
  }

  async collect(): Promise<Value[]> {
    if (!this.isFast) return this.asSlow().collect();
    this.state = "consumed";
    return this.rows(null);
  }

  async take(n: unknown): Promise<Value[]> {
    if (!this.isFast || typeof n !== "number" || !Number.isSafeInteger(n) || n < 0) {
      return this.asSlow().take(n);
    }
    this.state = "chained";
    return this.rows(n);
  }

  async first(): Promise<Value> {
    if (!this.isFast) return this.asSlow().first();
    this.state = "chained";
    return this.rows(1)[0] ?? null;
  }

  async unique(): Promise<Value> {
    if (!this.isFast) return this.asSlow().unique();
    this.state = "chained";
    const [only = null, second] = this.rows(2) as { _id: string }[];
    if (only === null || second === undefined) return only;
    const ids = `[${only._id}, ${second._id}, ...]`;
    throw new Error(`unique() query returned more than one result from table ${this.target.table}:\n ${ids}`);
  }

  private get isFast(): boolean {
    return this.state === "fresh" && this.slow === null && !this.target.execution.databaseQueue.busy;
  }

  private rows(limit: number | null): Value[] {
    const { execution, runSynchronously, table } = this.target;
    const { index, bounds, order } = this.source;
    const source: SerializedQuery["source"] =
      index === null
        ? { type: "FullTableScan", tableName: table, order }
        : { type: "IndexRange", indexName: `${table}.${index}`, range: bounds.map(expressionOf), order };
    return runSynchronously(execution, () => rowsOf(execution, source, limit).map(documentOf));
  }

  static slowOf(query: FastQuery): SlowQuery {
    return query.asSlow();
  }

  private asSlow(): SlowQuery {
    return (this.slow ??= this.makeSlow());
  }

  private makeSlow(): SlowQuery {
    const { index, bounds, order } = this.source;
    const table = this.target.slow();
    const whole = index === null ? table.fullTableScan() : table.withIndex(index, replayBounds(bounds));
    const slow = order === null ? whole : whole.order(order);
    if (this.state === "chained") slow.limit(1);
    // Safe to ignore: the promise resolves immediately.
    if (this.state === "consumed") void slow.return();
    return slow;
  }
}
