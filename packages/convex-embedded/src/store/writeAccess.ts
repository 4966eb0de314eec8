/** What a transaction and a change of schema do to rows, wherever those are kept: in SQLite or in memory. */
import type { ValidatorJSON } from "convex/values";
import type { CatalogState } from "./catalog";
import type { IndexEntry } from "./indexKeys";
import type { IndexInfo, KeyRange, RowCursor, Savepoint, TableInfo, TableKey } from "./types";

/** A document as it lies in its table. */
export interface StoredRow {
  /** Names the document to the methods below. */
  readonly row: number;
  readonly json: string;
}

/** A document as an index leads to it. */
export interface DocumentRow extends StoredRow {
  /** That of its entry. */
  readonly key: Buffer;
}

/** One for the store: transactions use it one after the other. */
export interface WriteAccess {
  /** Tables and indexes as the open transaction sees them. */
  catalog: CatalogState;
  /** False if an error has ended the transaction: what is written now would be no part of it. */
  isOpen(): boolean;
  /** A rollback takes the catalog back, too. @param name its own among those that are open. */
  savepoint(name: string): Savepoint;
  get(table: TableInfo, internalId: Uint8Array): string | null;
  /** @param check is called before anything is read, and throws if nothing may be read any more. */
  scan(index: IndexInfo, range: KeyRange, order: "asc" | "desc", check: () => void): RowCursor;
  find(table: TableInfo, internalId: Uint8Array): StoredRow | null;
  /** Adds a document, without entries, and returns its row. @throws Error if its id is taken. */
  insertDocument(table: TableInfo, internalId: Uint8Array, json: string): number;
  updateDocument(row: number, json: string): void;
  deleteDocument(row: number): void;
  insertEntries(row: number, entries: readonly IndexEntry[]): void;
  deleteEntries(entries: readonly IndexEntry[]): void;
  /** Adds a table with the two indexes that every table has. */
  createTable(component: string, name: string): TableInfo;
  /** Adds an index, without entries and not yet in the catalog. */
  createIndex(table: TableKey, name: string, fields: readonly string[]): IndexInfo;
  /** Removes an index with its entries. The catalog is the caller's business. */
  dropIndex(index: IndexInfo): void;
  /** Notes the validator of a table. The catalog is the caller's business. */
  setDocumentType(table: TableInfo, type: ValidatorJSON | null): void;
  /** The documents behind a position of an index, in its order. */
  documentsAfter(index: IndexInfo, after: Buffer, limit: number): DocumentRow[];
}
