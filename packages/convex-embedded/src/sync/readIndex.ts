/** Finds the queries whose results a commit may have changed, from their read sets and the commit's writes. */
import type { ReadSet } from "../exec/readSet";
import type { SearchRead } from "../store/search/searchLog";
import { canFind } from "../store/search/searchLog";
import type { WriteSet } from "../store/writeLog";
import { PrefixRanges } from "./prefixRanges";

export class ReadIndex<Query> {
  /** Queries that read a table without a narrower read set. */
  readonly #tables = new Map<number, Set<Query>>();
  /** Queries that read anything of a table. */
  readonly #anyOf = new Map<number, Set<Query>>();
  readonly #documents = new Map<string, Set<Query>>();
  readonly #ranges = new Map<number, PrefixRanges<Query>>();
  /** The text searches of each search index, with their queries. */
  readonly #searches = new Map<number, Map<SearchRead, Query>>();

  /** @param readSet complete, and not in the index with this query yet. */
  add(query: Query, readSet: ReadSet): void {
    for (const table of tablesOf(readSet)) insert(this.#anyOf, table, query);
    for (const table of wholeTables(readSet)) insert(this.#tables, table, query);
    for (const document of readSet.documents.keys()) insert(this.#documents, document, query);
    for (const range of readSet.ranges) {
      if (range.index < 0) continue;
      let ranges = this.#ranges.get(range.index);
      if (ranges === undefined) this.#ranges.set(range.index, (ranges = new PrefixRanges<Query>()));
      ranges.add(range, query);
    }
    for (const { index, read } of readSet.searches) {
      const searches = this.#searches.get(index);
      if (searches === undefined) this.#searches.set(index, new Map([[read, query]]));
      else searches.set(read, query);
    }
  }

  /** @param readSet the one that was added with the query. */
  remove(query: Query, readSet: ReadSet): void {
    for (const table of tablesOf(readSet)) drop(this.#anyOf, table, query);
    for (const table of wholeTables(readSet)) drop(this.#tables, table, query);
    for (const document of readSet.documents.keys()) drop(this.#documents, document, query);
    for (const range of readSet.ranges) {
      const ranges = this.#ranges.get(range.index);
      ranges?.remove(range, query);
      if (ranges?.isEmpty === true) this.#ranges.delete(range.index);
    }
    for (const { index, read } of readSet.searches) {
      const searches = this.#searches.get(index);
      if (searches?.delete(read) === true && searches.size === 0) this.#searches.delete(index);
    }
  }

  /** Returns the queries whose read set contains one of the writes. */
  affected(writes: readonly WriteSet[]): Set<Query> {
    const affected = new Set<Query>();
    const addAll = (queries: Iterable<Query> = []): void => {
      for (const query of queries) affected.add(query);
    };
    for (const { tables, documents, keys, searched, overflowed } of writes) {
      for (const table of tables) addAll((overflowed ? this.#anyOf : this.#tables).get(table));
      for (const document of documents) addAll(this.#documents.get(document));
      for (const [index, written] of keys) {
        const ranges = this.#ranges.get(index);
        if (ranges !== undefined) for (const key of written) addAll(ranges.ownersAt(key));
      }
      for (const [index, written] of searched) {
        for (const [read, query] of this.#searches.get(index) ?? []) {
          if (written.some((found) => canFind(read, found))) affected.add(query);
        }
      }
    }
    return affected;
  }
}

/** `by_id` has no entries in the write log, so a range of it changes with its table. */
function wholeTables({ tables, ranges }: ReadSet): Set<number> {
  return new Set([...tables, ...ranges.flatMap(({ table, index }) => (index < 0 ? [table] : []))]);
}

function tablesOf({ tables, documents, ranges, searches }: ReadSet): Set<number> {
  return new Set([...tables, ...documents.values(), ...[...ranges, ...searches].map(({ table }) => table)]);
}

function insert<Key, Query>(map: Map<Key, Set<Query>>, key: Key, query: Query): void {
  const queries = map.get(key);
  if (queries === undefined) map.set(key, new Set([query]));
  else queries.add(query);
}

function drop<Key, Query>(map: Map<Key, Set<Query>>, key: Key, query: Query): void {
  const queries = map.get(key);
  if (queries?.delete(query) === true && queries.size === 0) map.delete(key);
}
