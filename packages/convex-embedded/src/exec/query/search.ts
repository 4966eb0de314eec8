/** Text searches (`withSearchIndex`), with the limits and messages of Convex's backend (`crates/database/src/query/search_query.rs`). */
import type { JSONValue, Value } from "convex/values";
import type { SearchQuery } from "../../search/query";
import { searchQuery } from "../../search/query";
import { MAX_MATCHES } from "../../search/topMatches";
import { isReadable } from "../../store/system/systemTables";
import type { SearchRead } from "../../store/search/searchLog";
import type { Row, SearchIndexInfo, SearchResults, TableInfo } from "../../store/types";
import { decodeId } from "../../values/ids";
import { encodeKey } from "../../values/keys";
import { readerOf } from "../documentReads";
import { SyscallError } from "../errors";
import type { Execution } from "../execution";
import { indexNotFound } from "../indexNotFound";
import type { Position } from "./cursor";
import { literal } from "./filter";

/** One condition of `SearchFilterBuilderImpl.export()` of `convex/server`. */
type SearchExpression =
  | { readonly type: "Search"; readonly fieldPath: string; readonly value: string }
  | { readonly type: "Eq"; readonly fieldPath: string; readonly value: JSONValue };

/** The source of a serialized search. */
export interface SerializedSearch {
  readonly type: "Search";
  /** The table and the index: `items.search`. */
  readonly indexName: string;
  readonly filters: readonly SearchExpression[];
}

/** A search of one index. */
export interface SearchSource {
  readonly table: TableInfo;
  readonly search: SearchIndexInfo;
  /** `null` for an empty text, which finds nothing. */
  readonly query: SearchQuery | null;
}

const MAX_CONDITIONS = 8;

/** Resolves the source of a search. @throws SyscallError with Convex's message if it is invalid. */
export function searchSourceOf(execution: Execution, { indexName, filters }: SerializedSearch): SearchSource {
  const dot = indexName.indexOf(".");
  const tableName = indexName.slice(0, dot);
  const name = indexName.slice(dot + 1);
  const table = isReadable(tableName) ? execution.catalog.table(execution.component, tableName) : null;
  const named = table?.searchIndexes.filter((candidate) => candidate.name === name) ?? [];
  const search = named.find(({ enabled }) => enabled) ?? named[0];
  if (table === null || search === undefined) throw indexNotFound(indexName, table, "search");
  const text = filters.find(({ type }) => type === "Search");
  if (text === undefined) throw withoutSearch(indexName, "field");
  if (text.value === "") return { table, search, query: null };
  if (!search.enabled) {
    throw new SyscallError(
      `Index ${indexName} is currently staged and not available to query until it is enabled.`,
    );
  }
  if (search.position !== null) {
    throw new SyscallError(`Index ${indexName} is currently backfilling and not available to query yet.`);
  }
  return { table, search, query: compile(indexName, search, filters) };
}

function compile(
  indexName: string,
  search: SearchIndexInfo,
  expressions: readonly SearchExpression[],
): SearchQuery {
  const query = `Search query against ${indexName}`;
  let text: string | null = null;
  const filters: { path: string; value: Value | undefined }[] = [];
  for (const expression of expressions) {
    const { fieldPath: path } = expression;
    if (expression.type === "Eq") {
      if (!search.filterFields.includes(path)) {
        throw new SyscallError(
          `${query} contains an equality filter on "${path}" but that field isn't indexed for filtering in \`filterFields\`.`,
        );
      }
      filters.push({ path, value: literal(expression.value) });
      continue;
    }
    if (path !== search.searchField) {
      throw new SyscallError(
        `${query} contains a search filter against "${path}", which doesn't match the indexed \`searchField\` ` +
          `"${search.searchField}".`,
      );
    }
    if (text !== null) {
      throw new SyscallError(
        `${query} contains multiple search filters against "${path}". Only one is allowed.`,
      );
    }
    text = expression.value;
  }
  if (text === null) throw withoutSearch(indexName, search.searchField);
  if (filters.length > MAX_CONDITIONS) {
    throw new SyscallError(
      `${query} has too many filter conditions. Max: ${MAX_CONDITIONS} Actual: ${filters.length}`,
    );
  }
  return searchQuery(search, text, filters);
}

/**
 * Runs a search at the first call of `next`, and counts the documents as read.
 *
 * @param start Returns only results after this position. @param end Returns only results up to this position.
 */
export function searchRows(
  execution: Execution,
  { table, search, query }: SearchSource,
  start: Position | null = null,
  end: Position | null = null,
): { next(): Row | null } {
  const reader = readerOf(execution);
  let results: SearchResults | null = null;
  let at = 0;
  let stop = 0;
  let read = 0;
  const begin = (searched: SearchQuery): SearchResults => {
    execution.readSet?.search(table.id, search.id, readOf(searched));
    const found = reader.search(table, search, searched);
    at = start === null ? 0 : start === "end" ? found.matches.length : countUpTo(found, start.after);
    stop = end === null || end === "end" ? found.matches.length : countUpTo(found, end.after);
    return found;
  };
  return {
    next() {
      if (query === null) return null;
      results ??= begin(query);
      for (;;) {
        if (read === MAX_MATCHES) throw tooManyDocuments();
        if (at >= stop) return null;
        const match = at++;
        const json = results.json(match);
        // The function may have deleted the document since.
        if (json === null) continue;
        read++;
        const row = { key: keyOf(results, match, json), json };
        execution.usage.countRange(idOf(json));
        execution.usage.countDocument(json);
        return row;
      }
    },
  };
}

/** Returns the number of matches up to a position, which may be the position of a document that no longer matches. */
function countUpTo(results: SearchResults, position: Buffer): number {
  let low = 0;
  let high = results.matches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const key = keyOf(results, middle, results.json(middle));
    if (key.compare(position) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Returns a key that sorts like the results: by score, creation time and id, all descending. */
function keyOf({ matches }: SearchResults, i: number, json: string | null): Buffer {
  const score = encodeKey([-(matches[i]?.score ?? 0)]);
  if (json === null) return score;
  const { _id, _creationTime } = JSON.parse(json) as { _id: string; _creationTime: number };
  const id = decodeId(_id)?.internal ?? Buffer.alloc(0);
  return Buffer.concat([score, encodeKey([-_creationTime]), id.map((byte) => ~byte & 0xff)]);
}

const idOf = (json: string): string => (JSON.parse(json) as { _id: string })._id;

function readOf({ tokens, filters }: SearchQuery): SearchRead {
  return {
    tokens,
    prefix: tokens.at(-1) ?? null,
    filters: filters.map((term) => term.toString("latin1")),
  };
}

function withoutSearch(indexName: string, field: string): SyscallError {
  return new SyscallError(
    `Search query against ${indexName} does not contain any search filters. You must include a search filter like ` +
      `\`q.search("${field}", searchText)\`.`,
  );
}

function tooManyDocuments(): SyscallError {
  return new SyscallError(
    `Search query scanned too many documents (fetched ${MAX_MATCHES}). Consider using a smaller limit, paginating the ` +
      "query, or using a filter field to limit the number of documents pulled from the search index.",
  );
}
