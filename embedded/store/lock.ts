/** The lock of a data directory: one process at a time. */
import { join } from "node:path";
import Database from "better-sqlite3";

/** Holds a data directory until released. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Takes the lock of a data directory: an exclusive SQLite lock on the empty file `lock` in it. The operating system
 * frees it when the process ends, however it ends, so that nothing stale can be left behind.
 *
 * @throws Error if it is held, by another process or by this one.
 */
export function lockDirectory(directory: string): DirectoryLock {
  const db = new Database(join(directory, "lock"), { timeout: 0 });
  try {
    db.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    db.close();
    if (!(error instanceof Database.SqliteError) || !error.code.startsWith("SQLITE_BUSY")) throw error;
    throw new Error(
      `The data directory ${directory} is in use by another process. Stop that one, or choose another data directory.`,
      { cause: error },
    );
  }
  return { release: () => db.close() };
}
