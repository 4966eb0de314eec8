/** The locks of a data directory. One process at a time can serve it, and one can back it up or export it. */
import { accessSync, chownSync, constants, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { Connection } from "./sqlite";
import { SqliteError } from "./sqliteError";

/** Holds a lock until released. */
export interface DirectoryLock {
  release(): void;
}

const BACKUP = "backup.lock";

/**
 * Acquires the lock of a data directory.
 *
 * @throws Error if this process or another one holds the lock, or if the directory is not writable.
 */
export function lockDirectory(directory: string): DirectoryLock {
  return (
    take(directory, "lock") ??
    refuse(
      `The data directory ${directory} is in use by another process. Stop that process, or choose another data directory.`,
    )
  );
}

/**
 * Acquires the lock for a backup or an export. While it is held, no bytes of stored files are deleted.
 *
 * @throws Error if another backup or export is running.
 */
export function lockForBackup(directory: string): DirectoryLock {
  return (
    take(directory, BACKUP) ??
    refuse(`Another backup or export of ${directory} is running. Wait until it has finished.`)
  );
}

/**
 * True while a backup is running. Call this after the removal of a file is durable: backups that start later do not contain
 * the file.
 */
export function isBackupUnderWay(directory: string): boolean {
  const file = join(directory, BACKUP);
  if (!existsSync(file)) return false;
  const db = new Connection(file, { timeout: 0, readonly: true });
  try {
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    db.close();
  }
}

/**
 * Takes an exclusive SQLite lock on an empty file. The operating system releases it when the process ends for any reason, so
 * no stale lock remains.
 *
 * @returns `null` if the lock is already held.
 */
function take(directory: string, name: string): DirectoryLock | null {
  const file = join(directory, name);
  let db;
  try {
    // SQLite would open an unwritable file as read-only and hold no lock.
    accessSync(existsSync(file) ? file : directory, constants.W_OK);
    db = new Connection(file, { timeout: 0 });
    db.exec("BEGIN EXCLUSIVE");
    giveToOwner(file, directory);
  } catch (error) {
    db?.close();
    if (isBusy(error)) return null;
    if (!(error instanceof Error)) throw error;
    throw new Error(
      `The data directory ${directory} cannot be written: ${error.message}. Make it writable for this process, or choose another data directory.`,
      { cause: error },
    );
  }
  const held = db;
  return { release: () => held.close() };
}

/** Gives the lock file to the directory's owner. A lock file that root created for a backup would block the server's user. */
function giveToOwner(file: string, directory: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(directory);
  chownSync(file, uid, gid);
}

function isBusy(error: unknown): boolean {
  return error instanceof SqliteError && error.code.startsWith("SQLITE_BUSY");
}

function refuse(message: string): never {
  throw new Error(message);
}
