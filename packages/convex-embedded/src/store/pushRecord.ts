/** The record of the functions that were pushed last. It is part of the database, so a push and its schema commit together. */
import type { Connection } from "./sqlite";

const KEY = "pushed";

/** Replaces the record. Must run in a transaction. @param pushed `null` removes it. */
export function recordPush(db: Connection, pushed: Uint8Array | null): void {
  if (pushed === null) db.prepare<[string]>("DELETE FROM meta WHERE key = ?").run(KEY);
  else {
    db.prepare<[string, Uint8Array]>("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)").run(
      KEY,
      pushed,
    );
  }
}

/** Returns the record, `null` if there is none. */
export function recordedPush(db: Connection): Uint8Array | null {
  const sql = "SELECT value FROM meta WHERE key = ?";
  return db.prepare<[string], Uint8Array>(sql).pluck().get(KEY) ?? null;
}
