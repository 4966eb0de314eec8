/** Resolves the source of a serialized query: its table, index and range. */
import type { JSONValue } from "convex/values";
import { isBuiltIn } from "../../store/definitions";
import type { IndexInfo } from "../../store/types";
import { encodeKey, prefixEnd } from "../../values/keys";
import { SyscallError } from "../errors";
import type { Execution } from "../execution";
import { isReadable, isReadableIndex } from "../../store/system/systemTables";
import type { CompiledRange, RangeExpression } from "./range";
import { compileRange } from "./range";
import type { SearchSource, SerializedSearch } from "./search";
import { searchSourceOf } from "./search";

/** A query in the form that `query_impl.ts` of `convex/server` writes. */
export interface SerializedQuery {
  readonly source:
    | { readonly type: "FullTableScan"; readonly tableName: string; readonly order: Order | null }
    | {
        readonly type: "IndexRange";
        readonly indexName: string;
        readonly range: readonly RangeExpression[];
        readonly order: Order | null;
      }
    | SerializedSearch;
  readonly operators: readonly ({ readonly filter: JSONValue } | { readonly limit: number })[];
}

type Order = "asc" | "desc";

/** One scan of an index. */
export interface RangeSource {
  readonly index: IndexInfo;
  /** The table's id in the store. */
  readonly table: number;
  readonly range: CompiledRange;
  readonly order: Order;
  /** True for a system table. Convex does not count its documents as read. */
  readonly system: boolean;
}

export type Source = RangeSource | SearchSource;

/**
 * Returns a query's source, `null` if the table does not exist and so has no rows.
 *
 * @throws SyscallError for an undeclared index, or a range or search that the index does not support.
 */
export function sourceOf(execution: Execution, { source }: SerializedQuery): Source | null {
  if (source.type === "Search") return searchSourceOf(execution, source);
  const name = source.type === "FullTableScan" ? `${source.tableName}.by_creation_time` : source.indexName;
  const dot = name.indexOf(".");
  const tableName = name.slice(0, dot);
  const indexName = name.slice(dot + 1);

  const order = source.order ?? "asc";
  const table = isReadable(tableName) ? execution.catalog.table(execution.component, tableName) : null;
  const index = isReadableIndex(tableName, indexName)
    ? table?.indexes.find((candidate) => candidate.name === indexName)
    : undefined;
  if (!table || !index) {
    if (table === null && isBuiltIn(indexName)) {
      // The table may be created later.
      execution.readSet?.addUntracked();
      return null;
    }
    if (table?.searchIndexes.some((candidate) => candidate.name === indexName) === true)
      throw new SyscallError(`Index ${name} is not a database index`);
    throw new SyscallError(`Index ${name} not found. Declare it in schema.ts.`);
  }
  const system = tableName.startsWith("_");
  if (source.type === "IndexRange")
    return { index, table: table.id, order, system, range: compileRange(name, table, index, source.range) };
  const prefix = encodeKey([]);
  return { index, table: table.id, order, system, range: { prefix, start: prefix, end: prefixEnd(prefix) } };
}
