/** What lies in a data directory, and how a restored backup takes the place of it. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { syncDirectory } from "./durable";

export const DATABASE_FILE = "data.sqlite";
export const FILES_DIRECTORY = "files";
export const SECRET_FILE = "secret";
export const STARTED_FILE = "started";

/** All that the runtime puts there, but the locks. What else is found in a data directory is somebody's own. */
const OURS = [
  DATABASE_FILE,
  `${DATABASE_FILE}-wal`,
  `${DATABASE_FILE}-shm`,
  STARTED_FILE,
  SECRET_FILE,
  `${SECRET_FILE}.new`,
  FILES_DIRECTORY,
];

/** A backup that is being unpacked: worth nothing until it is complete. */
const UNPACKING = "restore.new";
/** One that is complete and takes the place of what is there. From here on there is no way back. */
const COMPLETE = "restore.complete";
/** The same when nothing is left of what was there. */
const MOVING = "restore.moving";

/** Deletes the data. Others' files stay. To be called by who holds the directory's lock. */
export function deleteData(directory: string): void {
  for (const name of [UNPACKING, COMPLETE, MOVING, ...OURS]) {
    rmSync(join(directory, name), { recursive: true, force: true });
  }
}

/** Names in the directory that belong to data, or to nobody known. Locks and what a cut-off restore left are no data. */
export function dataEntries(directory: string): string[] {
  const none = /^(?:(?:backup\.)?lock(?:-journal)?|lost\+found|restore\.new)$/;
  return existsSync(directory) ? readdirSync(directory).filter((name) => !none.test(name)) : [];
}

/** An empty directory, within the data directory, to unpack a backup into. */
export function makeUnpackDirectory(directory: string): string {
  const place = join(directory, UNPACKING);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  return place;
}

/** Forgets what was unpacked, because something is wrong with it. */
export function discardUnpacked(directory: string): void {
  rmSync(join(directory, UNPACKING), { recursive: true, force: true });
}

/**
 * Puts what was unpacked in the place of what is there. It must be on disk, all of it.
 *
 * One rename decides. A process that dies before it has changed nothing; one that dies after it is followed by one that
 * finishes: the next start.
 */
export function installUnpacked(directory: string): void {
  renameSync(join(directory, UNPACKING), join(directory, COMPLETE));
  syncDirectory(directory);
  finishRestore(directory);
}

/** True if a restore was cut off after it was decided, and nobody has finished it. */
export function isRestorePending(directory: string): boolean {
  return existsSync(join(directory, COMPLETE)) || existsSync(join(directory, MOVING));
}

/**
 * Finishes a restore that was cut off after it was decided, and deletes what one has left that was cut off before. To be
 * called by who holds the directory's lock.
 */
export function finishRestore(directory: string): void {
  discardUnpacked(directory);
  const complete = join(directory, COMPLETE);
  const moving = join(directory, MOVING);
  if (existsSync(complete)) {
    for (const name of OURS) rmSync(join(directory, name), { recursive: true, force: true });
    syncDirectory(directory);
    renameSync(complete, moving);
    syncDirectory(directory);
  }
  if (!existsSync(moving)) return;
  for (const name of readdirSync(moving)) renameSync(join(moving, name), join(directory, name));
  syncDirectory(directory);
  rmSync(moving, { recursive: true });
}
