/** The database file: its tables, its format version and how connections to it are set up. */
import { Connection } from "./sqlite";

/** Increment this when the tables below, index keys or stored JSON change their meaning. */
const FORMAT = 5;

const MIB = 1024 * 1024;

/**
 * The default time that a connection blocks while another process (a backup, the `sqlite3` shell) locks the database, in
 * milliseconds. A server must not block and waits in `foreignLock.ts` instead.
 */
const BUSY_MS = 2000;

/** The maximum size of the log's file after a restart of the log. It is larger while readers block: see `walCheckpoint.ts`. */
const LOG_BYTES_KEPT = 32 * MIB;

/** `number` is part of the ids of the table's documents. */
const CATALOG = `
  CREATE TABLE tables (
    id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL,
    component TEXT NOT NULL,
    name TEXT NOT NULL,
    document_type TEXT,
    UNIQUE (component, number),
    UNIQUE (component, name)
  );
`;

/**
 * Text search indexes (`store/search/`). `search_terms.tail` has the newest postings of a term, `search_blocks` the older ones, in
 * blocks by the number of their first document. A document has one number for all search indexes of its table.
 */
const SEARCH = `
  CREATE TABLE search_indexes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    table_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    search_field TEXT NOT NULL,
    filter_fields TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    position BLOB
  );
  CREATE TABLE search_documents (
    row INTEGER PRIMARY KEY,
    table_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    UNIQUE (table_id, number)
  );
  CREATE TABLE search_terms (
    id INTEGER PRIMARY KEY,
    index_id INTEGER NOT NULL,
    term BLOB NOT NULL,
    documents INTEGER NOT NULL,
    tail BLOB NOT NULL,
    UNIQUE (index_id, term)
  );
  CREATE TABLE search_blocks (
    term_id INTEGER NOT NULL,
    first INTEGER NOT NULL,
    postings BLOB NOT NULL,
    PRIMARY KEY (term_id, first)
  );
`;

/** The change log (`store/changes/`). It is empty unless the server keeps one. */
const CHANGES = `
  CREATE TABLE document_changes (
    component TEXT NOT NULL,
    table_number INTEGER NOT NULL,
    internal_id BLOB NOT NULL,
    table_name TEXT NOT NULL,
    ts INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    PRIMARY KEY (component, table_number, internal_id)
  ) WITHOUT ROWID;
  CREATE UNIQUE INDEX document_changes_by_ts ON document_changes (ts);
`;

/** The statements that upgrade a database from each format to the next. */
const UPGRADES: Readonly<Record<number, string>> = {
  // In format 1, the number of a table was also its id.
  1: `
  ALTER TABLE tables RENAME TO tables_1;
  ${CATALOG}
  INSERT INTO tables (id, number, component, name, document_type)
    SELECT number, number, component, name, document_type FROM tables_1;
  DROP TABLE tables_1;
`,
  // Format 2 used the name `table_number` for the id of a table.
  2: `
  ALTER TABLE documents RENAME COLUMN table_number TO table_id;
  ALTER TABLE indexes RENAME COLUMN table_number TO table_id;
`,
  // Format 3 had no search indexes. The start fills those that the schema declares.
  3: SEARCH,
  // Format 4 had no change log. An older program would write without recording changes, so it must refuse the database.
  4: CHANGES,
};

/**
 * `index_entries` refers to a document by `documents.row`. The key of an entry ends with the document's internal id, which makes
 * it unique. The index `by_id` has no entries: reads of it use the unique key of `documents`.
 */
const TABLES = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  ${CATALOG}
  CREATE TABLE indexes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    table_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    fields TEXT NOT NULL,
    UNIQUE (table_id, name)
  );
  CREATE TABLE documents (
    row INTEGER PRIMARY KEY,
    table_id INTEGER NOT NULL,
    internal_id BLOB NOT NULL,
    json TEXT NOT NULL,
    UNIQUE (table_id, internal_id)
  );
  CREATE TABLE index_entries (
    index_id INTEGER NOT NULL,
    key BLOB NOT NULL,
    document INTEGER NOT NULL,
    PRIMARY KEY (index_id, key)
  ) WITHOUT ROWID;
  ${SEARCH}
  ${CHANGES}
`;

/**
 * Opens the write connection. Creates the tables in a new file. Each commit is durable (`synchronous=FULL`).
 *
 * @throws Error if the file has a newer format or does not belong to this project.
 */
export function openWriteConnection(file: string): Connection {
  const db = new Connection(file, { timeout: BUSY_MS });
  try {
    checkFormat(db, file);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    db.pragma(`journal_size_limit = ${LOG_BYTES_KEPT}`);
    db.pragma("cache_size = -16000");
    migrate(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** Upgrades a database to the current format. No other connection may use it. */
export function upgradeDatabase(file: string): void {
  const db = new Connection(file, { timeout: BUSY_MS, mustExist: true });
  try {
    migrate(db);
  } finally {
    db.close();
  }
}

function migrate(db: Connection): void {
  const empty = isEmpty(db);
  const format = empty ? 0 : formatOf(db);
  if (format === null || format >= FORMAT) return;
  db.transaction(() => {
    if (empty) db.exec(TABLES);
    else for (let from = format; from < FORMAT; from++) db.exec(UPGRADES[from] ?? "");
    db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('format', ?)").run(String(FORMAT));
  });
}

/** Opens a read-only connection. @param timeout How long it blocks while the database is locked, in milliseconds. */
export function openReadConnection(file: string, timeout = BUSY_MS): Connection {
  const db = new Connection(file, { timeout, mustExist: true });
  db.pragma("query_only = ON");
  // Memory-mapped pages need neither a copy nor a system call, which halves the time of a point read. The limit exists
  // because mapped pages count as resident memory.
  db.pragma(`mmap_size = ${64 * MIB}`);
  db.pragma("cache_size = -8000");
  return db;
}

/** Accepts an empty database. @throws Error if the database has a newer format or does not belong to this project. */
export function checkFormat(db: Connection, file: string): void {
  if (isEmpty(db)) return;
  const format = formatOf(db);
  if (format === null) {
    throw new Error(`${file} is not a database of this project. Choose another data directory.`);
  }
  if (format > FORMAT) {
    throw new Error(
      `${file} has format ${format}, written by a newer version; this one reads formats up to ${FORMAT}. ` +
        "Update this project, or choose another data directory.",
    );
  }
}

function formatOf(db: Connection): number | null {
  const known = db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'").pluck().get();
  const format = known ? db.prepare("SELECT value FROM meta WHERE key = 'format'").pluck().get() : undefined;
  return typeof format === "string" ? Number(format) : null;
}

function isEmpty(db: Connection): boolean {
  return db.prepare("SELECT count(*) FROM sqlite_schema").pluck().get() === 0;
}
