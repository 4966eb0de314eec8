/** The database file: its tables, its format version and how connections to it are set up. */
import { Connection } from "./sqlite";

/** Raised when the tables below, index keys or stored JSON change their meaning. */
const FORMAT = 3;

const MIB = 1024 * 1024;

/**
 * How long a connection blocks while another process (a backup, the `sqlite3` shell) locks the database, unless it is
 * told otherwise. A server, which must not block, waits in `foreignLock.ts`.
 */
const BUSY_MS = 2000;

/** The log is folded into the database after this many pages (16 MiB), where no reader needs the older ones. */
const CHECKPOINT_PAGES = 4096;

/** What a restarted log keeps of its file. Larger only while readers hold it back: see `walCheckpoint.ts`. */
const LOG_BYTES_KEPT = 32 * MIB;

/** `number` is what the ids of the table's documents carry. */
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

/** What brings a database from a format to the next one. */
const UPGRADES: Readonly<Record<number, string>> = {
  // In format 1 the number of a table was its id as well.
  1: `
  ALTER TABLE tables RENAME TO tables_1;
  ${CATALOG}
  INSERT INTO tables (id, number, component, name, document_type)
    SELECT number, number, component, name, document_type FROM tables_1;
  DROP TABLE tables_1;
`,
  // Format 2 called the id of a table its number.
  2: `
  ALTER TABLE documents RENAME COLUMN table_number TO table_id;
  ALTER TABLE indexes RENAME COLUMN table_number TO table_id;
`,
};

/**
 * `documents.row` is the short name of a document in `index_entries`. The key of an entry ends with the document's internal
 * id, which makes it unique. The index `by_id` has no entries: the unique key of `documents` serves it.
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
`;

/**
 * Opens the connection that writes, and creates the tables in a new file.
 *
 * @throws Error if the file is of a newer format or not this project's.
 */
export function openWriteConnection(file: string, synchronous: "FULL" | "NORMAL"): Connection {
  const db = new Connection(file, { timeout: BUSY_MS });
  try {
    checkFormat(db, file);
    db.pragma("journal_mode = WAL");
    db.pragma(`synchronous = ${synchronous}`);
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    db.pragma(`journal_size_limit = ${LOG_BYTES_KEPT}`);
    db.pragma("cache_size = -16000");
    bringUpToDate(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** Brings a database that nobody else uses, such as a copy, to the present format. */
export function upgradeDatabase(file: string): void {
  const db = new Connection(file, { timeout: BUSY_MS, mustExist: true });
  try {
    bringUpToDate(db);
  } finally {
    db.close();
  }
}

function bringUpToDate(db: Connection): void {
  const empty = isEmpty(db);
  const format = empty ? 0 : formatOf(db);
  if (format === null || format >= FORMAT) return;
  db.transaction(() => {
    if (empty) db.exec(TABLES);
    else for (let from = format; from < FORMAT; from++) db.exec(UPGRADES[from] ?? "");
    db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('format', ?)").run(String(FORMAT));
  });
}

/** Opens a connection that only reads. @param timeout how many milliseconds it blocks while the database is locked. */
export function openReadConnection(file: string, timeout = BUSY_MS): Connection {
  const db = new Connection(file, { timeout, mustExist: true });
  db.pragma("query_only = ON");
  // Mapped pages are read without a copy or a system call, which halves the time of a point read. The bound is for
  // the resident memory, of which they count as a part.
  db.pragma(`mmap_size = ${64 * MIB}`);
  db.pragma("cache_size = -8000");
  return db;
}

/** @throws Error if the database is of a newer format or not this project's. An empty one is fine. */
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
