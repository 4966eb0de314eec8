/** `ctx.vectorSearch` of actions, with the limits and messages of Convex's backend (`crates/vector/src`). */
import type { JSONValue } from "convex/values";
import { filterTerm } from "../search/terms";
import type { VectorFilter } from "../search/vectors";
import { isReadable } from "../store/system/systemTables";
import { SyscallError } from "./errors";
import type { Execution } from "./execution";
import { indexNotFound } from "./indexNotFound";
import { literal } from "./query/filter";
import type { VectorIndexInfo } from "./vectorIndexes";

interface VectorSearchArgs {
  readonly query: {
    /** The table and the index: `items.by_meaning`. */
    readonly indexName: string;
    readonly limit?: JSONValue;
    readonly vector: readonly JSONValue[];
    readonly expressions: JSONValue;
  };
}

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 256;
const MAX_DIMENSIONS = 4096;
/** The number of values that a filter compares with. */
const MAX_CONDITIONS = 64;

/** Returns the ids and scores of the nearest documents, best first, as JSON. */
export function vectorSearch(execution: Execution, { query }: VectorSearchArgs): Promise<string> {
  if (execution.frozen) throw new SyscallError("Vector searches can only be used in actions.");
  return execution.calls.run(async () => {
    execution.assertRunning();
    const { engine, component } = execution;
    const { indexName } = query;
    const tableName = indexName.slice(0, indexName.indexOf("."));
    const table = isReadable(tableName) ? engine.store.catalog.table(component, tableName) : null;
    const info = engine.vectors.index(component, indexName);
    if (table === null || info === null) throw indexNotFound(indexName, table, "vector");
    const { vector, limit, filter } = compile(query, info);
    if (info.staged) {
      throw new SyscallError(
        `Index ${indexName} is currently staged and not available to query until it is enabled.`,
      );
    }
    const vectors = await engine.vectors.vectors(table, indexName, info);
    const matches = vectors.search(vector, limit, filter);
    return JSON.stringify({ results: matches.map(({ id, score }) => ({ _id: id, _score: score })) });
  });
}

function compile(
  { indexName, vector, limit = DEFAULT_LIMIT, expressions }: VectorSearchArgs["query"],
  { dimensions, filterFields }: VectorIndexInfo,
): { vector: readonly number[]; limit: number; filter: VectorFilter } {
  if (!vector.every((element) => typeof element === "number")) {
    throw new SyscallError("`vector` must contain only finite numbers.");
  }
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 0) {
    throw new SyscallError(`\`limit\` must be a non-negative integer, got ${JSON.stringify(limit)}.`);
  }
  const conditions = new Map<string, Set<string>>();
  if (expressions !== null) collect(expressions, filterFields, conditions);
  if (vector.length > MAX_DIMENSIONS) throw wrongDimensions(MAX_DIMENSIONS, vector.length);
  if (limit > MAX_LIMIT) {
    throw new SyscallError(`Vector queries can fetch at most ${MAX_LIMIT} results, requested ${limit}.`);
  }
  let length = 0;
  for (const [path, values] of [...conditions].sort()) {
    if (!filterFields.includes(path)) {
      throw new SyscallError(
        `Vector query against ${indexName} contains a filter on "${path}" but that field isn't indexed for filtering in ` +
          "`filterFields`.",
      );
    }
    length += values.size;
  }
  if (length > MAX_CONDITIONS) {
    throw new SyscallError(
      `Vector query against ${indexName} has too many conditions. Max: ${MAX_CONDITIONS} Actual: ${length}`,
    );
  }
  if (vector.length !== dimensions) throw wrongDimensions(dimensions, vector.length);
  const filter = new Map([...conditions].map(([path, values]) => [filterFields.indexOf(path), values]));
  return { vector, limit, filter };
}

/** Adds the conditions of an expression, which must consist of `q.eq` and `q.or`. @param conditions The terms by path. */
function collect(
  expression: JSONValue,
  filterFields: readonly string[],
  conditions: Map<string, Set<string>>,
): void {
  const { $eq, $or } = isObject(expression) ? expression : {};
  if (Array.isArray($or)) {
    for (const member of $or) collect(member, filterFields, conditions);
    return;
  }
  if (!Array.isArray($eq)) throw new SyscallError("Filters should be a combination of `q.eq` and `q.or`.");
  const [left = null, right = null] = $eq;
  const path = isObject(left) ? left["$field"] : undefined;
  if (typeof path !== "string" || !isObject(right) || !("$literal" in right)) {
    throw new SyscallError("`q.eq` must take a field path as its first argument and a value as its second");
  }
  const value = literal(right["$literal"] ?? null);
  const term = filterTerm(filterFields.indexOf(path), value).toString("latin1");
  const terms = conditions.get(path);
  if (terms === undefined) conditions.set(path, new Set([term]));
  else terms.add(term);
}

function isObject(value: unknown): value is Readonly<Record<string, JSONValue | undefined>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrongDimensions(expected: number, received: number): SyscallError {
  return new SyscallError(`Expected a vector with dimensions ${expected}, received ${received}.`);
}
