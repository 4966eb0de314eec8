/** The row operations that transactions and schema changes use. SQLite and the in-memory store implement them. */
import type { ValidatorJSON } from "convex/values";
import type { CatalogState } from "./catalog";
import type { ChangeLog } from "./changes/changeLog";
import type { IndexEntry } from "./indexKeys";
import type { SearchQuery } from "../search/query";
import type { SearchAccess } from "./search/searchAccess";
import type {
  IndexInfo,
  KeyRange,
  RowCursor,
  Savepoint,
  SearchIndexInfo,
  SearchResults,
  TableInfo,
  TableKey,
} from "./types";

/** A stored document. */
export interface StoredRow {
  /** Identifies the document in the methods below. */
  readonly row: number;
  readonly json: string;
}

/** A document found through an index. */
export interface DocumentRow extends StoredRow {
  /** The key of its index entry. */
  readonly key: Buffer;
}

/** A store has one `WriteAccess`. Transactions use it one at a time. */
export interface WriteAccess {
  /** Tables and indexes as the open transaction sees them. */
  catalog: CatalogState;
  /** Writes to search indexes. */
  readonly searchIndexes: SearchAccess;
  /** Records when documents change, `null` if no log is kept. */
  readonly changes: Pick<ChangeLog, "record"> | null;
  /** False if an error has ended the transaction. A write would then not be part of it. */
  isOpen(): boolean;
  /** A rollback restores the catalog as well. @param name Unique among the open savepoints. */
  savepoint(name: string): Savepoint;
  get(table: TableInfo, internalId: Uint8Array): string | null;
  /** @param check Called before each read. Throws if reads are no longer allowed. */
  scan(index: IndexInfo, range: KeyRange, order: "asc" | "desc", check: () => void): RowCursor;
  /** @param check Called before each read. */
  search(table: TableInfo, index: SearchIndexInfo, query: SearchQuery, check: () => void): SearchResults;
  find(table: TableInfo, internalId: Uint8Array): StoredRow | null;
  /** Inserts a document without index entries. @returns its row. @throws Error if its id exists. */
  insertDocument(table: TableInfo, internalId: Uint8Array, json: string): number;
  updateDocument(row: number, json: string): void;
  deleteDocument(row: number): void;
  insertEntries(row: number, entries: readonly IndexEntry[]): void;
  deleteEntries(entries: readonly IndexEntry[]): void;
  /** Creates a table with the two built-in indexes. */
  createTable(component: string, name: string): TableInfo;
  /** Creates an index without entries. The caller adds it to the catalog. */
  createIndex(table: TableKey, name: string, fields: readonly string[]): IndexInfo;
  /** Deletes an index and its entries. The caller updates the catalog. */
  dropIndex(index: IndexInfo): void;
  /** Stores the validator of a table. The caller updates the catalog. */
  setDocumentType(table: TableInfo, type: ValidatorJSON | null): void;
  /** Returns up to `limit` documents after a position of an index, in its order. */
  documentsAfter(index: IndexInfo, after: Buffer, limit: number): DocumentRow[];
}
