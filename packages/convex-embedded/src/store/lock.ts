/** The locks of a data directory: one process serves it at a time, and one backs it up or exports it. */
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
 * Takes the lock of a data directory.
 *
 * @throws Error if it is held, by another process or by this one, or the directory cannot be written.
 */
export function lockDirectory(directory: string): DirectoryLock {
  return (
    take(directory, "lock") ??
    refuse(
      `The data directory ${directory} is in use by another process. Stop that one, or choose another data directory.`,
    )
  );
}

/**
 * Takes the lock of who makes a backup or an export: while it is held, no bytes of stored files are deleted.
 *
 * @throws Error if another is being made.
 */
export function lockForBackup(directory: string): DirectoryLock {
  return (
    take(directory, BACKUP) ??
    refuse(`Another backup or export of ${directory} is being made. Wait until it is done.`)
  );
}

/**
 * True while a backup is being made. To be asked after the removal of a file is durable: a backup that begins later
 * knows nothing of the file.
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
 * An exclusive SQLite lock on an empty file. The operating system frees it when the process ends, however it ends, so
 * that nothing stale can be left behind.
 *
 * @returns null if it is held.
 */
function take(directory: string, name: string): DirectoryLock | null {
  const file = join(directory, name);
  let db;
  try {
    // SQLite would make do with a file that it can only read, and hold nothing.
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

/** Root, who makes a backup by hand, must not leave a lock that the server's user cannot take. */
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
