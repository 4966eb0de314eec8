/**
 * `npx convex-embedded backup FILE`: a copy of a data directory in one file, also while a server is at work in it.
 *
 * The database comes first, in one reading transaction, for which no writer waits. It says which files belong to that
 * state; the server deletes none until they are copied. Files never change, so what is copied later is what was there.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { allFiles } from "../files/filesTable";
import type { StoredFile } from "../files/filesTable";
import { relativePathOf } from "../files/filesDisk";
import { loadCatalog } from "../store/catalog";
import { withExplainedErrors } from "../store/corruption";
import {
  DATABASE_FILE,
  FILES_DIRECTORY,
  isRestorePending,
  SECRET_FILE,
  STARTED_FILE,
} from "../store/directory";
import { syncDirectory } from "../store/durable";
import { checkFormat, openReadConnection, upgradeDatabase } from "../store/layout";
import { lockForBackup } from "../store/lock";
import { SnapshotPool } from "../store/snapshots";
import { writeArchive } from "./archive";
import type { ArchiveEntry } from "./archive";
import { cleaningUp } from "./cleanUp";

export interface BackupOptions {
  /** The data directory. */
  readonly directory: string;
  /** The backup. It must not exist. */
  readonly file: string;
}

export interface BackupResult {
  /** Of the backup. */
  readonly bytes: number;
  /** Stored files in it. */
  readonly files: number;
}

/**
 * Makes a backup. The file appears under its name when it is complete and on disk. Beside it there is meanwhile a copy
 * of the database.
 *
 * @throws Error that says what is wrong: no data, a file in the way, stored files that are missing or damaged.
 */
export async function backUp({ directory, file }: BackupOptions): Promise<BackupResult> {
  return withCopy({ directory, file }, async (copy, part) => {
    const stored = filesIn(copy);
    await writeArchive(part, [...entriesOf(directory, copy, stored)], new Date());
    return { bytes: statSync(part).size, files: stored.length };
  });
}

/**
 * Makes a file of one state of a data directory. Bytes of stored files that belong to that state stay until it is made.
 *
 * @param make gets a copy of the database, and the name to write to; that is the file's when it is on disk.
 * @throws Error that says what is wrong: no data, a file in the way; what `make` throws. Nothing is left then.
 */
export async function withCopy<T>(
  { directory, file }: BackupOptions,
  make: (copy: string, part: string) => Promise<T>,
): Promise<T> {
  const database = join(directory, DATABASE_FILE);
  if (!existsSync(database))
    throw new Error(`There are no data in ${directory}. Name another directory with --data.`);
  if (isRestorePending(directory)) {
    throw new Error(`A restore of ${directory} was cut off. Start the server once, which finishes it.`);
  }
  if (!existsSync(dirname(file))) throw new Error(`There is no folder ${dirname(file)} to write it to.`);
  if (existsSync(file)) throw new Error(`${file} exists already. Choose another name, or delete it.`);
  const [copy, part] = [`${file}.database`, `${file}.part`];
  mustBeWritable(file, part);
  const lock = lockForBackup(directory);
  const cleanUp = (): void => {
    for (const old of [copy, part]) rmSync(old, { force: true });
  };
  try {
    cleanUp();
    return await cleaningUp(cleanUp, async () => {
      copyDatabase(database, copy);
      const made = await make(copy, part);
      renameSync(part, file);
      syncDirectory(dirname(file));
      return made;
    });
  } finally {
    lock.release();
  }
}

/** Finds out beforehand, since what SQLite says of its copy reads as if it were about the database. */
function mustBeWritable(file: string, part: string): void {
  try {
    closeSync(openSync(part, "w"));
    rmSync(part);
  } catch (error) {
    throw new Error(`${file} cannot be written: ${(error as Error).message}. Choose another folder.`, {
      cause: error,
    });
  }
}

/** Writes one state of a database to a new file of the present format, without the gaps that deleted documents left. */
function copyDatabase(database: string, copy: string): void {
  withExplainedErrors(database, () => {
    const db = openReadConnection(database);
    try {
      checkFormat(db, database);
      // It forbids writing to any file, the copy too.
      db.pragma("query_only = OFF");
      // SQLite fills an empty file, too. One of its own making could be read by everybody, as no backup can.
      closeSync(openSync(copy, "wx", 0o600));
      db.prepare("VACUUM INTO ?").run(copy);
    } finally {
      db.close();
    }
    upgradeDatabase(copy);
  });
}

/** The stored files that a database names. It must not be in use. */
export function filesIn(database: string): StoredFile[] {
  const db = openReadConnection(database);
  const snapshots = new SnapshotPool(database, 0);
  try {
    return [...allFiles(snapshots.snapshot(), loadCatalog(db))];
  } finally {
    snapshots.close();
    db.close();
  }
}

function* entriesOf(directory: string, copy: string, stored: readonly StoredFile[]): Generator<ArchiveEntry> {
  yield { name: DATABASE_FILE, path: copy, compress: true };
  for (const name of [SECRET_FILE, STARTED_FILE]) {
    const path = join(directory, name);
    if (existsSync(path)) yield { name, path, compress: false };
  }
  for (const file of stored) {
    const name = `${FILES_DIRECTORY}/${relativePathOf(file.uuid)}`;
    // Much of what is uploaded is compressed already.
    yield { name, compress: false, ...bytesOf(directory, file) };
  }
}

/** Where the bytes of a stored file are, and what finds out if they are all there. @throws Error if they are missing. */
export function bytesOf(directory: string, file: StoredFile): Required<Pick<ArchiveEntry, "path" | "check">> {
  const path = join(directory, FILES_DIRECTORY, relativePathOf(file.uuid));
  if (!existsSync(path)) throw lost(file, path, "missing");
  const check = (bytes: number, sha256: Buffer): void => {
    if (bytes !== file.size || sha256.toString("base64") !== file.sha256) throw lost(file, path, "damaged");
  };
  return { path, check };
}

function lost({ _id }: StoredFile, path: string, how: string): Error {
  return new Error(
    `The bytes of the stored file ${_id} are ${how}: ${path}. Put them back, or delete the file in the application; ` +
      "then try again.",
  );
}
