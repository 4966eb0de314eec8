/** The operations on search indexes that transactions and schema changes use. */
import type { DocumentRow } from "../writeAccess";
import type { SearchIndexInfo, SearchIndexJSON, TableInfo, TableKey } from "../types";
import type { IndexedEntry } from "./searchEntries";

export interface SearchAccess {
  /** Adds a new document to the indexes. @param entries One for each search index of the table that contains the document. */
  insert(table: TableKey, row: number, entries: readonly IndexedEntry[]): void;
  replace(row: number, before: readonly IndexedEntry[], after: readonly IndexedEntry[]): void;
  remove(row: number, entries: readonly IndexedEntry[]): void;
  /** Creates an index. The caller adds it to the catalog, and fills it if its `position` is not `null`. */
  createIndex(table: TableKey, wanted: SearchIndexJSON, enabled: boolean): SearchIndexInfo;
  /** Makes an index usable by queries, or not. The caller updates the catalog. */
  enableIndex(index: SearchIndexInfo, enabled: boolean): SearchIndexInfo;
  /** Deletes an index. The caller updates the catalog, which still contains it. */
  dropIndex(table: TableInfo, index: SearchIndexInfo): void;
  /**
   * Adds the next documents of a table to indexes that do not contain them yet.
   *
   * @param position The new position of the indexes. The caller updates the catalog.
   */
  fill(
    table: TableKey,
    indexes: readonly SearchIndexInfo[],
    documents: readonly DocumentRow[],
    position: Buffer | null,
  ): SearchIndexInfo[];
}
