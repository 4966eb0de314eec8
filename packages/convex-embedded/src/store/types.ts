/**
 * The seam between the store and whoever executes functions: what a table, a snapshot and a transaction are.
 *
 * The store knows documents, index entries and transactions. It does not know limits, arguments or functions.
 */
import type { ValidatorJSON, Value } from "convex/values";
import type { WriteLog } from "./writeLog";

/** A document as a Convex object, system fields included. */
export type StoredDocument = { [field: string]: Value | undefined } & { _id: string; _creationTime: number };

/** What a table is known by: in the store, and in the ids of its documents. */
export interface TableKey {
  /** Unique in the store. */
  readonly id: number;
  /** What ids carry: unique in its component. As on Convex, tables of other components may have the same one. */
  readonly number: number;
}

/** One index of one table. */
export interface IndexInfo {
  /** Unique in the store and never used again; `by_id`, which has no entries of its own, has the negated table id. */
  readonly id: number;
  /** Of `by_id` only: its table. */
  readonly table?: TableKey;
  /** `by_id` and `by_creation_time` exist in every table. */
  readonly name: string;
  /**
   * Dotted paths as declared; `["_id"]` and `["_creationTime"]` for the two built-in ones. A key holds these values and
   * then, but in the built-in indexes, `_creationTime`. Bounds may name a prefix of that.
   */
  readonly fields: readonly string[];
}

/** One table of one component. A new object after every change; the id identifies it. */
export interface TableInfo extends TableKey {
  readonly name: string;
  /** The path of the component, `""` for the app. */
  readonly component: string;
  readonly indexes: readonly IndexInfo[];
  /** The validator of the schema, `null` where the schema does not name the table or does not validate. */
  readonly documentType: ValidatorJSON | null;
}

/** What tables there are, as the writer sees them: a table of an open transaction is listed, a rolled back one is not. */
export interface Catalog {
  table(component: string, name: string): TableInfo | null;
  tableByNumber(component: string, number: number): TableInfo | null;
  /** The paths of all components that have tables, mounted or not, the app's `""` among them. */
  components(): readonly string[];
  /** All tables of a component, by name. */
  tables(component: string): readonly TableInfo[];
}

/** Half-open: `start <= key < end`. Prefixes from `encodeKey` serve as bounds; `prefix + 0xFF` ends a prefix's range. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** One row of a scan. */
export interface Row {
  /** The full key of the row: the position to resume from. Its tail, after the index fields, is opaque. */
  readonly key: Buffer;
  /** The document's Convex JSON, as stored. */
  readonly json: string;
}

/** A scan under way. It holds nothing open between calls, so it may be dropped at any point. */
export interface RowCursor {
  /** The next row, or `null` at the end of the range. */
  next(): Row | null;
}

/** What can be read, in a query or in a mutation. */
export interface Reader {
  /** The document's Convex JSON text with `_id` and `_creationTime`, as stored, or `null`. */
  get(table: TableInfo, internalId: Uint8Array): string | null;
  /**
   * The rows of an index in key order. In a transaction every `next()` answers from the state at that moment: rows that
   * the transaction wrote ahead of the position are seen, those it removed are not.
   */
  scan(index: IndexInfo, range: KeyRange, order: "asc" | "desc"): RowCursor;
}

/** One consistent state of the database, pinned at the first read and kept until `release()`. */
export interface Snapshot extends Reader {
  /** Ends the snapshot; its readers and cursors throw from then on. A second call does nothing. */
  release(): void;
}

/** A point to return to. Savepoints nest: the innermost one that is open ends first. */
export interface Savepoint {
  /** Keeps what was written since, as part of whatever encloses it. */
  release(): void;
  /** Undoes what was written since. */
  rollback(): void;
}

/** One execution's reads and writes on the writer. It throws once its work has settled. */
export interface Transaction extends Reader {
  /** Adds a document. Throws if the id is taken. */
  insert(table: TableInfo, internalId: Uint8Array, document: StoredDocument): void;
  /** Puts another document in the place of an existing one. Throws if there is none. */
  replace(table: TableInfo, internalId: Uint8Array, next: StoredDocument): void;
  /** Deletes a document. Throws if there is none. */
  remove(table: TableInfo, internalId: Uint8Array): void;
  /** The table of that name, created here if there is none. A rollback takes it back. */
  createTable(component: string, name: string): TableInfo;
  savepoint(): Savepoint;
  /**
   * What `db.vars.commitTs` stands for in this transaction: nanoseconds since 1970, greater in each later one.
   * Placeholders in documents are resolved to it by the store when the work has succeeded.
   */
  commitTs(): bigint;
  /**
   * Calls back once the outcome is settled: the commit is durable, or everything is rolled back. New snapshots show
   * which. For what lies outside of the database and follows it; a process that dies first does not call.
   */
  onSettled(callback: () => void): void;
}

/** An index as `SchemaDefinition.export()` lists it. */
export interface SchemaIndexJSON {
  readonly indexDescriptor: string;
  readonly fields: readonly string[];
}

/** A table as `SchemaDefinition.export()` lists it, as far as the store reads it. */
export interface SchemaTableJSON {
  readonly tableName: string;
  readonly indexes: readonly SchemaIndexJSON[];
  readonly searchIndexes?: readonly { readonly indexDescriptor: string }[];
  readonly vectorIndexes?: readonly { readonly indexDescriptor: string }[];
  readonly documentType: ValidatorJSON | null;
}

/** The parsed text of `SchemaDefinition.export()`. */
export interface SchemaJSON {
  readonly tables: readonly SchemaTableJSON[];
  readonly schemaValidation: boolean;
}

/** The schema of one component; `null` where it has none: nothing is checked and only the built-in indexes exist. */
export interface ComponentSchema {
  readonly component: string;
  readonly schema: SchemaJSON | null;
}

/** What the writer has done since the store was opened. */
export interface StoreStats {
  /** Durable commits. */
  readonly commits: number;
  /** Executions whose work succeeded and whose commit is durable. */
  readonly executions: number;
  /** Reader connections that are open now. */
  readonly readers: number;
}

export interface Store {
  readonly catalog: Catalog;
  /** What was committed when, as new snapshots show it. */
  readonly writeLog: WriteLog;
  /** A new snapshot. It costs nothing until the first read. The caller releases it. */
  snapshot(): Snapshot;
  /**
   * Runs alone on the writer. A rejection rolls back this work only. Settles (either way) only after the COMMIT of the
   * group is durable; a failed COMMIT rejects every caller of the group.
   */
  mutate<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** `applySchemas` for one component. */
  applySchema(component: string, schema: SchemaJSON | null, progress: (line: string) => void): Promise<void>;
  /**
   * Brings tables and indexes to these schemas in one transaction: new indexes are filled, removed ones dropped, and
   * documents checked where a validator changed. Rejects with `SchemaRefused`, nothing changed, if some do not match.
   */
  applySchemas(schemas: readonly ComponentSchema[], progress: (line: string) => void): Promise<void>;
  stats(): StoreStats;
  /** Finishes what is queued, folds the log into the database and gives the directory free. */
  close(): Promise<void>;
}

/** Where to call in from a test. Production leaves these out. */
export interface StoreHooks {
  /** Called right before every COMMIT of a group; what it throws counts as the failure of that COMMIT. */
  readonly beforeCommit?: () => unknown;
  /** Called right after every COMMIT of a group that succeeded, before its callers are answered. Must not throw. */
  readonly afterCommit?: () => void;
}

export interface StoreOptions {
  /** The data directory; created if missing. The database is `data.sqlite` in it. */
  readonly directory: string;
  /** `FULL` (the default): an acknowledged write survives power loss. `NORMAL`: it survives the end of the process. */
  readonly synchronous?: "FULL" | "NORMAL";
  /** Reader connections kept open when idle. Default 4; more are opened while more snapshots need them. */
  readonly readers?: number;
  /** The log is folded into the database when it is larger than this, though that means waiting. Default 64 MiB. */
  readonly logBytes?: number;
  readonly hooks?: StoreHooks;
  /** How many milliseconds a write waits for a lock that another process holds. Default 2000. */
  readonly patienceMs?: number;
  /** Milliseconds since 1970, for commit timestamps. */
  readonly now?: () => number;
}
