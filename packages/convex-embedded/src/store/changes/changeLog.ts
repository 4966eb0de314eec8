/**
 * The change log: when each document changed last. Streaming export reads it (`protocol/streamingExport`).
 *
 * The table `document_changes` has one row for each document that changed since `since`. A deleted document keeps its row as a
 * tombstone. Each write has a timestamp of its own, greater than all before, in nanoseconds since 1970. The row belongs to the
 * write's transaction, so a rollback undoes it.
 *
 * Rows are identified by the id that clients see, not by the table's id in the store: an import that replaces a table drops it and
 * creates another one, and a document that is in both has one row.
 */
import type { Connection, Statement } from "../sqlite";
import type { TableInfo } from "../types";

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

/** The key of `since` in `meta`. It exists while the log is kept. */
const SINCE = "changes_since";

type Row = [string, number, Uint8Array, string, string, number];

export class ChangeLog {
  #last: bigint;
  readonly #record: Statement<Row>;

  private constructor(
    private readonly db: Connection,
    last: bigint,
    private readonly now: () => number,
  ) {
    this.#last = last;
    this.#record = db.prepare("INSERT OR REPLACE INTO document_changes VALUES (?, ?, ?, ?, ?, ?)");
  }

  /**
   * Opens the log of a database.
   *
   * @param wanted True to keep a log from now on, false to delete it. `undefined` for whatever the last server did.
   * @param now Returns milliseconds since 1970.
   * @returns `null` if no log is kept.
   */
  static open(db: Connection, wanted: boolean | undefined, now: () => number): ChangeLog | null {
    const since = sinceOf(db);
    if (wanted === false) {
      if (since !== null) db.transaction(() => deleteChangeLog(db));
      return null;
    }
    if (since === null && wanted === undefined) return null;
    const committed = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'commit_ts'").pluck().get();
    const last = [lastChange(db), since ?? 0n, BigInt(committed ?? 0)].reduce((a, b) => (a > b ? a : b));
    const log = new ChangeLog(db, last, now);
    if (since === null) db.transaction(() => setSince(db, log.#next()));
    return log;
  }

  /** Records a write of a document in the open transaction. Ignores system tables. */
  record({ component, number, name }: TableInfo, internalId: Uint8Array, deleted: boolean): void {
    if (name.startsWith("_")) return;
    this.#record.run(component, number, internalId, name, String(this.#next()), deleted ? 1 : 0);
  }

  /** Records that all documents of a table are deleted. Call this before the table is dropped. */
  recordDrop({ id, component, number, name }: TableInfo): void {
    if (name.startsWith("_")) return;
    const first = this.#next();
    const { changes } = this.db
      .prepare<[string, number, string, string, number]>(
        `INSERT OR REPLACE INTO document_changes
           SELECT ?, ?, internal_id, ?, ? + row_number() OVER (), 1 FROM documents WHERE table_id = ?`,
      )
      .run(component, number, name, String(first), id);
    this.#last = first + BigInt(changes);
  }

  /**
   * Deletes the oldest rows in the open transaction. Clients that have not read them must begin again.
   *
   * @param before Milliseconds since 1970. Keeps the rows of this time and later. @param limit The number of rows to delete.
   * @returns the number of deleted rows.
   */
  purge(before: number, limit: number): number {
    const old = this.db
      .prepare<[string, number], string>(
        "SELECT CAST(ts AS TEXT) FROM document_changes WHERE ts < CAST(? AS INTEGER) ORDER BY ts LIMIT ? + 0",
      )
      .pluck()
      .all(String(nanoseconds(before)), limit);
    const last = old.at(-1);
    if (last === undefined) return 0;
    this.db.prepare<[string]>("DELETE FROM document_changes WHERE ts <= CAST(? AS INTEGER)").run(last);
    setSince(this.db, BigInt(last));
    return old.length;
  }

  #next(): bigint {
    const now = nanoseconds(this.now());
    return (this.#last = now > this.#last ? now : this.#last + 1n);
  }
}

/** Returns the timestamp from which on the log is complete, `null` if no log is kept. */
export function sinceOf(db: Connection): bigint | null {
  const since = db.prepare<[string], string>("SELECT value FROM meta WHERE key = ?").pluck().get(SINCE);
  return since === undefined ? null : BigInt(since);
}

/** True if a database, of this or an older format, keeps a log. */
export function hasChangeLog(db: Connection): boolean {
  return sinceOf(db) !== null;
}

/** Returns the timestamp of the last recorded change, 0 without one. */
export function lastChange(db: Connection): bigint {
  return BigInt(
    db.prepare<[], string | null>("SELECT CAST(max(ts) AS TEXT) FROM document_changes").pluck().get() ?? 0,
  );
}

/** Deletes the log in the open transaction. A log that begins later refuses the timestamps of this one. */
export function deleteChangeLog(db: Connection): void {
  db.exec("DELETE FROM document_changes");
  db.prepare<[string]>("DELETE FROM meta WHERE key = ?").run(SINCE);
}

function setSince(db: Connection, since: bigint): void {
  db.prepare<[string, string]>("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)").run(
    SINCE,
    String(since),
  );
}

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.floor(milliseconds)) * NANOSECONDS_PER_MILLISECOND;
}
