/**
 * The interface between the store and the executions: tables, snapshots and transactions.
 *
 * The store knows documents, index entries and transactions. It does not know limits, arguments or functions.
 */
import type { ValidatorJSON, Value } from "convex/values";
import type { ChangeReads } from "./changes/changeReads";
import type { StoreTransaction } from "./transaction";
import type { WriteConnection } from "./writeConnection";
import type { SearchQuery } from "../search/query";
import type { SearchFields } from "../search/terms";
import type { Match } from "../search/topMatches";
import type { VectorCache } from "./vectorCache";
import type { WriteLog } from "./writeLog";

/** A document as a Convex object, including system fields. */
export type StoredDocument = { [field: string]: Value | undefined } & { _id: string; _creationTime: number };

/** The identifiers of a table: in the store, and in the ids of its documents. */
export interface TableKey {
  /** Unique in the store. */
  readonly id: number;
  /** Part of document ids. Unique in its component. As on Convex, tables of different components may share a number. */
  readonly number: number;
}

/** One index of one table. */
export interface IndexInfo {
  /** Unique in the store and never reused. `by_id` has no entries of its own: its id is the negated table id. */
  readonly id: number;
  /** The table. Set only for `by_id`. */
  readonly table?: TableKey;
  /** `by_id` and `by_creation_time` exist in every table. */
  readonly name: string;
  /**
   * Dotted paths as declared, `["_id"]` for `by_id` and `["_creationTime"]` for `by_creation_time`. A key contains these values,
   * followed by `_creationTime` except in the built-in indexes. Bounds may use a prefix of that list.
   */
  readonly fields: readonly string[];
}

/** A text search index of one table. */
export interface SearchIndexInfo extends SearchFields {
  /** Unique among the search indexes of the store, and never reused. */
  readonly id: number;
  readonly name: string;
  /** False for an index that is filled and kept up to date, but that queries cannot use: it is staged, or still new. */
  readonly enabled: boolean;
  /** The key in `by_creation_time` up to which the index contains the documents. `null` once it contains all of them. */
  readonly position: Buffer | null;
}

/** One table of one component. Each change creates a new object: compare tables by id. */
export interface TableInfo extends TableKey {
  readonly name: string;
  /** The path of the component, `""` for the app. */
  readonly component: string;
  readonly indexes: readonly IndexInfo[];
  readonly searchIndexes: readonly SearchIndexInfo[];
  /** The schema's validator. `null` if the schema does not declare the table or does not validate. */
  readonly documentType: ValidatorJSON | null;
}

/** The tables as the writer sees them. Includes tables that an open transaction has created. */
export interface Catalog {
  table(component: string, name: string): TableInfo | null;
  tableByNumber(component: string, number: number): TableInfo | null;
  /** The paths of all components that have tables, mounted or not. Includes `""`, the app. */
  components(): readonly string[];
  /** All tables of a component, by name. */
  tables(component: string): readonly TableInfo[];
}

/** A half-open range: `start <= key < end`. Bounds can be prefixes from `encodeKey`. `prefix + 0xFF` ends a prefix's range. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** One row of a scan. */
export interface Row {
  /** The row's full key, from which a scan can resume. The bytes after the index fields are opaque. */
  readonly key: Buffer;
  /** The document's Convex JSON, as stored. */
  readonly json: string;
}

/** An active scan. It holds no resources between calls, so it may be abandoned at any point. */
export interface RowCursor {
  /** Returns the next row, or `null` at the end of the range. */
  next(): Row | null;
}

/** The matches of a search, best first. They do not change when documents do. */
export interface SearchResults {
  readonly matches: readonly Match[];
  /** Returns the Convex JSON of a match's document at this moment, `null` if it was deleted. @param i The match's position. */
  json(i: number): string | null;
}

/** The reads that queries and mutations share. */
export interface Reader {
  /** The tables and indexes of the state that the reader sees. Reading it pins a snapshot. */
  readonly catalog: Catalog;
  /** Returns the document's Convex JSON text as stored, with `_id` and `_creationTime`, or `null`. */
  get(table: TableInfo, internalId: Uint8Array): string | null;
  /**
   * Scans an index in key order. In a transaction, each `next()` reads the state at that moment: it sees rows that the transaction
   * wrote ahead of the position, and skips rows that it removed.
   */
  scan(index: IndexInfo, range: KeyRange, order: "asc" | "desc"): RowCursor;
  /** Finds the best matches of a text search. In a transaction, sees its writes. */
  search(table: TableInfo, index: SearchIndexInfo, query: SearchQuery): SearchResults;
}

/** One consistent state of the database. The first read pins it, and `release()` ends it. */
export interface Snapshot extends Reader {
  /** Ends the snapshot. Later reads throw, including those of its cursors. A second call does nothing. */
  release(): void;
}

/** A savepoint. Savepoints nest: the innermost open one must end first. */
export interface Savepoint {
  /** Keeps the writes since the savepoint, as part of the enclosing savepoint or transaction. */
  release(): void;
  /** Undoes the writes since the savepoint. */
  rollback(): void;
}

/** A document that a transaction is about to replace or remove. */
export interface ExistingDocument {
  /** Identifies the document in the store. */
  readonly row: number;
  readonly json: string;
  readonly document: StoredDocument;
}

/** One execution's reads and writes on the writer. Throws after its work has settled. */
export interface Transaction extends Reader {
  /** Inserts a document. Throws if the id exists. */
  insert(table: TableInfo, internalId: Uint8Array, document: StoredDocument): void;
  /** Returns a document for a later `replace` or `remove`, `null` if it does not exist. */
  find(table: TableInfo, internalId: Uint8Array): ExistingDocument | null;
  /** Replaces a document. @param before The result of `find`, if nothing was written since. Throws if it does not exist. */
  replace(table: TableInfo, internalId: Uint8Array, next: StoredDocument, before?: ExistingDocument): void;
  /** Deletes a document. @param before The result of `find`, if nothing was written since. Throws if it does not exist. */
  remove(table: TableInfo, internalId: Uint8Array, before?: ExistingDocument): void;
  /** Returns the table of that name. Creates a missing table, which a rollback undoes. */
  createTable(component: string, name: string): TableInfo;
  savepoint(): Savepoint;
  /**
   * Returns the value of `db.vars.commitTs` in this transaction: nanoseconds since 1970, greater in each later transaction. The
   * store replaces placeholders in documents with it after the work has succeeded.
   */
  commitTs(): bigint;
  /**
   * Registers a callback that runs once the commit is durable or everything is rolled back. New snapshots show the outcome. Use it
   * for effects outside the database. The callback does not run if the process dies first.
   */
  onSettled(callback: () => void): void;
}

/** An index in `SchemaDefinition.export()`. */
export interface SchemaIndexJSON {
  readonly indexDescriptor: string;
  readonly fields: readonly string[];
}

/** A text search index in `SchemaDefinition.export()`. */
export interface SearchIndexJSON {
  readonly indexDescriptor: string;
  readonly searchField: string;
  readonly filterFields: readonly string[];
}

/** A vector index in `SchemaDefinition.export()`. */
export interface VectorIndexJSON {
  readonly indexDescriptor: string;
  readonly vectorField: string;
  readonly dimensions: number;
  readonly filterFields: readonly string[];
}

/** A table in `SchemaDefinition.export()`. Contains only the fields that the store reads. */
export interface SchemaTableJSON {
  readonly tableName: string;
  readonly indexes: readonly SchemaIndexJSON[];
  /** Indexes that queries cannot use yet. They are not filled: once they are enabled, they are created as any other index. */
  readonly stagedDbIndexes?: readonly SchemaIndexJSON[];
  readonly searchIndexes?: readonly SearchIndexJSON[];
  readonly stagedSearchIndexes?: readonly SearchIndexJSON[];
  readonly vectorIndexes?: readonly VectorIndexJSON[];
  readonly stagedVectorIndexes?: readonly VectorIndexJSON[];
  readonly documentType: ValidatorJSON | null;
}

/** The parsed text of `SchemaDefinition.export()`. */
export interface SchemaJSON {
  readonly tables: readonly SchemaTableJSON[];
  readonly schemaValidation: boolean;
}

/** The schema of one component. Without one (`null`), documents are not validated and only the built-in indexes exist. */
export interface ComponentSchema {
  readonly component: string;
  readonly schema: SchemaJSON | null;
}

/** Counts since the store was opened. */
export interface StoreStats {
  /** Durable commits. */
  readonly commits: number;
  /** Executions whose work succeeded and whose commit is durable. */
  readonly executions: number;
  /** Reader connections that are open now. */
  readonly readers: number;
}

/** The state of a store on disk, for monitoring. Counts are since the store was opened. */
export interface StoreFigures extends StoreStats {
  /** Mutations that wait for the writer. */
  readonly queued: number;
  /** Mutations that threw. Their writes were rolled back. */
  readonly rolledBack: number;
  /** Groups of mutations that could not begin or commit: a full disk, a lock of another process. */
  readonly failedCommits: number;
  /** Bytes of the database file. */
  readonly databaseBytes: number;
  /** Bytes of the write-ahead log. */
  readonly logBytes: number;
}

export interface Store {
  readonly catalog: Catalog;
  /** The commits and the data that each of them changed, up to the state of new snapshots. */
  readonly writeLog: WriteLog;
  /** Creates a snapshot, which costs nothing until the first read. The caller must release it. */
  snapshot(): Snapshot;
  /**
   * Runs work on the writer, one at a time. If the work rejects, only its own writes are rolled back. Settles only after the COMMIT
   * of its group is durable. A failed COMMIT rejects all calls of the group.
   */
  mutate<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Calls `applySchemas` for one component. */
  applySchema(component: string, schema: SchemaJSON | null, progress: (line: string) => void): Promise<void>;
  /**
   * Changes tables and indexes to match the schemas, in one transaction. Fills new indexes, drops removed ones, and validates
   * documents if their validator has changed. If documents do not match, rejects with `SchemaRefused` and changes nothing.
   * New search indexes are filled before that, in transactions of their own, so that an interrupted fill resumes.
   */
  applySchemas(schemas: readonly ComponentSchema[], progress: (line: string) => void): Promise<void>;
  /** Absent if documents are in memory. */
  readonly vectorCache?: VectorCache | undefined;
  stats(): StoreStats;
  /** Finishes queued work, checkpoints the log and releases the directory's lock. */
  close(): Promise<void>;
}

/** The store of a data directory. */
export interface DiskStore extends Store {
  /**
   * See `Store`.
   *
   * @param pushed Recorded in the same transaction for `pushed()`. `null` removes the record, `undefined` keeps it.
   */
  applySchemas(
    schemas: readonly ComponentSchema[],
    progress: (line: string) => void,
    pushed?: Uint8Array | null,
  ): Promise<void>;
  /**
   * Runs work on the writer alone, in one transaction. The work may replace tables: until the commit, queries see the tables from
   * before. If it rejects, nothing changes.
   */
  exclusive<T>(work: (writes: WriteConnection, transaction: StoreTransaction) => Promise<T>): Promise<T>;
  /**
   * Creates and fills the indexes that the schemas add to existing tables under new names, so that `applySchemas` takes less time.
   * Changes nothing else: the schemas before stay valid. An `applySchemas` of other schemas drops these indexes.
   */
  fillIndexes(schemas: readonly ComponentSchema[], progress: (line: string) => void): Promise<void>;
  /** Rejects with `SchemaRefused` if `applySchemas` would. Changes nothing. */
  checkSchemas(schemas: readonly ComponentSchema[]): Promise<void>;
  /** Returns the functions that were pushed last, as given to `applySchemas`; `null` if there are none. */
  pushed(): Uint8Array | null;
  figures(): StoreFigures;
  /** Reads one state of the change log and of the documents. The work must end within the call. */
  readChanges<T>(work: (reads: ChangeReads) => T): T;
  /** Calls `ChangeLog.purge` in a transaction. Does nothing if no log is kept. */
  purgeChanges(before: number, limit: number): Promise<number>;
}

/** Makes the commits in the log durable. */
export interface LogSync {
  /** True if the next sync should run in the background, because the disk is slow. */
  readonly inBackground: boolean;
  /**
   * Puts everything that was written to the log before the call on disk.
   *
   * @param inBackground True to do that in another thread. @returns a promise then, else `undefined`.
   * @throws Error, also as a rejection, if the disk fails. It may then have lost pages that a second sync would not write again.
   */
  sync(inBackground: boolean): Promise<void> | undefined;
  /** Removes all pages of the log after the first `pages`, on disk too. Nothing may be written to the database afterwards. @throws Error if that fails. */
  truncate(pages: number): void;
  /** Call this after the last `sync` has ended. */
  close(): void;
}

/** Hooks for tests. Production does not set them. */
export interface StoreHooks {
  /** Called right before every COMMIT of a group. An error that it throws makes that COMMIT fail. */
  readonly beforeCommit?: () => unknown;
  /** Called right after every successful COMMIT of a group, before its callers get their results. Must not throw. */
  readonly afterCommit?: () => void;
  /**
   * Replaces the sync of the log after a commit. Null: a commit does not wait for the disk, so an acknowledged write survives a
   * crash of the process but not a loss of power.
   */
  readonly sync?: LogSync | null;
}

export interface StoreOptions {
  /** The data directory. Created if missing. Its database is `data.sqlite`. */
  readonly directory: string;
  /** The number of reader connections that stay open when idle, beside the one with the newest state. Default 4. More are opened when snapshots need them. */
  readonly readers?: number;
  /** The size in bytes beyond which the log is checkpointed even if that has to wait for queries. Default 64 MiB. */
  readonly logBytes?: number;
  readonly hooks?: StoreHooks;
  /** True to keep a change log, false to delete it. By default it is kept if the last server kept it. */
  readonly changeLog?: boolean;
  /** How long a write waits for a lock of another process, in milliseconds. Default 2000. */
  readonly patienceMs?: number;
  /** Returns milliseconds since 1970, for commit timestamps. */
  readonly now?: () => number;
}
