/** The definitions of search indexes. */
import type { SearchFields } from "../../search/terms";
import type { Connection } from "../sqlite";
import type { SearchIndexInfo, SearchIndexJSON } from "../types";

interface IndexRow {
  readonly id: number;
  readonly table_id: number;
  readonly name: string;
  readonly search_field: string;
  readonly filter_fields: string;
  readonly enabled: number;
  readonly position: Uint8Array | null;
}

/** Returns the fields of a declared index. As on Convex, the filter fields are a set. */
export function searchFieldsOf({ searchField, filterFields }: SearchIndexJSON): SearchFields {
  return { searchField, filterFields: [...new Set(filterFields)].sort() };
}

/** True if two definitions have the same fields. */
export function isSameSearch(a: SearchFields, b: SearchFields): boolean {
  return a.searchField === b.searchField && a.filterFields.join() === b.filterFields.join();
}

/** Loads the search indexes of a database, by table id. A backup may have a format without search indexes. */
export function loadSearchIndexes(db: Connection): Map<number, SearchIndexInfo[]> {
  const indexes = new Map<number, SearchIndexInfo[]>();
  const exists = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'search_indexes'").get() !== undefined;
  if (!exists) return indexes;
  const rows = db.prepare<[], IndexRow>(
    "SELECT id, table_id, name, search_field, filter_fields, enabled, position FROM search_indexes ORDER BY id",
  );
  for (const row of rows.all()) {
    const own = indexes.get(row.table_id) ?? [];
    own.push({
      id: row.id,
      name: row.name,
      searchField: row.search_field,
      filterFields: JSON.parse(row.filter_fields) as string[],
      enabled: row.enabled === 1,
      position: row.position && Buffer.from(row.position),
    });
    indexes.set(row.table_id, own);
  }
  return indexes;
}
