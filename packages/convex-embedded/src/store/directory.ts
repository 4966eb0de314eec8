/** The contents of a data directory, and their replacement by a restored backup. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { syncDirectory } from "./durable";

export const DATABASE_FILE = "data.sqlite";
export const FILES_DIRECTORY = "files";
export const SECRET_FILE = "secret";
export const STARTED_FILE = "started";

/** All files of the runtime except the locks. Any other file in a data directory belongs to the user. */
const DATA_FILES = [
  DATABASE_FILE,
  `${DATABASE_FILE}-wal`,
  `${DATABASE_FILE}-shm`,
  STARTED_FILE,
  SECRET_FILE,
  `${SECRET_FILE}.new`,
  FILES_DIRECTORY,
];

/** A backup that is being unpacked. It is incomplete and can be deleted. */
const UNPACKING = "restore.new";
/** A complete backup that is about to replace the data. From here on the restore always finishes. */
const COMPLETE = "restore.complete";
/** A complete backup whose files are being moved into place. The old data is already deleted. */
const MOVING = "restore.moving";

/** Deletes the data. The user's files stay. The caller must hold the directory's lock. */
export function deleteData(directory: string): void {
  for (const name of [UNPACKING, COMPLETE, MOVING, ...DATA_FILES]) {
    rmSync(join(directory, name), { recursive: true, force: true });
  }
}

/** Returns the names of data files and unknown files. Excludes locks and the remains of an interrupted restore. */
export function dataEntries(directory: string): string[] {
  const ignored = /^(?:(?:backup\.)?lock(?:-journal)?|lost\+found|restore\.new)$/;
  return existsSync(directory) ? readdirSync(directory).filter((name) => !ignored.test(name)) : [];
}

/** Creates an empty directory within the data directory, to unpack a backup into. @returns its path. */
export function makeUnpackDirectory(directory: string): string {
  const path = join(directory, UNPACKING);
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path);
  return path;
}

/** Deletes an unpacked backup that is invalid. */
export function discardUnpacked(directory: string): void {
  rmSync(join(directory, UNPACKING), { recursive: true, force: true });
}

/**
 * Replaces the data with the unpacked backup. All files of the backup must already be synced to disk.
 *
 * One rename is the commit point. If the process dies before it, nothing has changed. If it dies after it, the next start
 * finishes the restore.
 */
export function installUnpacked(directory: string): void {
  renameSync(join(directory, UNPACKING), join(directory, COMPLETE));
  syncDirectory(directory);
  finishRestore(directory);
}

/** True if a restore was interrupted after its commit point and is not finished yet. */
export function isRestorePending(directory: string): boolean {
  return existsSync(join(directory, COMPLETE)) || existsSync(join(directory, MOVING));
}

/**
 * Finishes a restore that was interrupted after its commit point. Deletes the remains of one that was interrupted earlier. The
 * caller must hold the directory's lock.
 */
export function finishRestore(directory: string): void {
  discardUnpacked(directory);
  const complete = join(directory, COMPLETE);
  const moving = join(directory, MOVING);
  if (existsSync(complete)) {
    for (const name of DATA_FILES) rmSync(join(directory, name), { recursive: true, force: true });
    syncDirectory(directory);
    renameSync(complete, moving);
    syncDirectory(directory);
  }
  if (!existsSync(moving)) return;
  for (const name of readdirSync(moving)) renameSync(join(moving, name), join(directory, name));
  syncDirectory(directory);
  rmSync(moving, { recursive: true });
}
