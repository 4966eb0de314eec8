/**
 * `npx convex-embedded backup FILE`: copies a data directory into one file, with or without a running server.
 *
 * The database is copied first, in one read transaction, which blocks no writer. This snapshot determines the files that belong to
 * the backup, and the server deletes no file until they are copied. Files never change, so copying them later is safe.
 */
import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { allFiles } from "../files/filesTable";
import type { StoredFile } from "../files/filesTable";
import { relativePathOf } from "../files/filesDisk";
import { loadCatalog } from "../store/catalog";
import { deleteChangeLog, hasChangeLog } from "../store/changes/changeLog";
import { explainError } from "../store/corruption";
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
import { Connection } from "../store/sqlite";
import { SnapshotPool } from "../store/snapshots";
import { writeArchive } from "./archive";
import type { ArchiveEntry } from "./archive";
import { withCleanUp } from "./cleanUp";

export interface BackupOptions {
  /** The data directory. */
  readonly directory: string;
  /** The path of the backup. The file must not exist. */
  readonly file: string;
}

export interface BackupResult {
  /** The size of the backup. */
  readonly bytes: number;
  /** The number of stored files in the backup. */
  readonly files: number;
}

/**
 * Creates a backup. The file gets its name when it is complete and on disk. Until then a copy of the database is beside it.
 *
 * @throws Error that says what is wrong: no data, an existing file, missing or corrupt stored files.
 */
export async function backUp({ directory, file }: BackupOptions): Promise<BackupResult> {
  return withCopy({ directory, file, copyDatabase: compactCopy }, async (copy, part) => {
    const stored = filesIn(copy);
    await writeArchive(part, [...entriesOf(directory, copy, stored)], new Date());
    return { bytes: statSync(part).size, files: stored.length };
  });
}

/** Copies one state of a database to an empty file. */
type CopyDatabase = (db: Connection, copy: string) => void | Promise<void>;

interface CopyOptions extends BackupOptions {
  /** Default `quickCopy`. */
  readonly copyDatabase?: CopyDatabase;
  /**
   * False in a server, which handles signals itself and deletes unfinished files when it closes. By default a signal deletes the
   * unfinished files and ends the process.
   */
  readonly endOnSignal?: boolean;
}

/**
 * Creates a file from a snapshot of a data directory. The bytes of stored files in the snapshot are kept until the file is complete.
 *
 * @param make gets a copy of the database and a temporary path to write to, which is renamed to the file's name at the end.
 * @throws Error that says what is wrong: no data, an existing file; and the errors of `make`. In this case no file is left behind.
 */
export async function withCopy<T>(
  { directory, file, copyDatabase = quickCopy, endOnSignal = true }: CopyOptions,
  make: (copy: string, part: string) => Promise<T>,
): Promise<T> {
  const database = join(directory, DATABASE_FILE);
  if (!existsSync(database))
    throw new Error(`There is no data in ${directory}. Choose another directory with --data.`);
  if (isRestorePending(directory)) {
    throw new Error(`A restore of ${directory} was interrupted. Start the server once to complete it.`);
  }
  if (!existsSync(dirname(file)))
    throw new Error(`The folder ${dirname(file)} does not exist. Choose another one.`);
  if (existsSync(file)) throw new Error(`${file} already exists. Choose another name or delete the file.`);
  const [copy, part] = [`${file}.database`, `${file}.part`];
  mustBeWritable(file, part);
  const lock = lockForBackup(directory);
  const cleanUp = (): void => {
    for (const old of [copy, part]) rmSync(old, { force: true });
  };
  try {
    cleanUp();
    const work = async (): Promise<T> => {
      await copyTo(database, copy, copyDatabase);
      const made = await make(copy, part);
      renameSync(part, file);
      syncDirectory(dirname(file));
      return made;
    };
    return await withCleanUp(cleanUp, work, endOnSignal);
  } finally {
    lock.release();
  }
}

/** Checks beforehand that the file is writable, because SQLite's error for its copy reads as if the database itself had failed. */
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

/** Copies a snapshot of a database to a new file of the current format. */
async function copyTo(database: string, copy: string, copyDatabase: CopyDatabase): Promise<void> {
  try {
    const db = openReadConnection(database);
    try {
      checkFormat(db, database);
      // `query_only` forbids writing to any file, including the copy.
      db.pragma("query_only = OFF");
      // SQLite also accepts an empty file. Create it first, because a file that SQLite creates may be readable by everyone.
      closeSync(openSync(copy, "wx", 0o600));
      await copyDatabase(db, copy);
    } finally {
      db.close();
    }
    upgradeDatabase(copy);
  } catch (error) {
    throw explainError(database, error);
  }
}

/**
 * Leaves out free pages, which may hold deleted data. Blocks the event loop meanwhile.
 *
 * The change log is left out too: a connector that read changes after the backup must begin again after a restore.
 */
function compactCopy(db: Connection, copy: string): void {
  db.prepare("VACUUM INTO ?").run(copy);
  const copied = new Connection(copy, { mustExist: true });
  try {
    if (hasChangeLog(copied)) copied.transaction(() => deleteChangeLog(copied));
  } finally {
    copied.close();
  }
}

/** Copies in another thread, with free pages. */
async function quickCopy(db: Connection, copy: string): Promise<void> {
  await db.copyTo(copy);
  // The copy has the original's journal mode. Without a log there is one file to delete.
  const copied = new Connection(copy, { mustExist: true });
  try {
    copied.pragma("journal_mode = DELETE");
  } finally {
    copied.close();
  }
}

/** Returns the stored files that a database names. The database must not be in use. */
export function filesIn(database: string): StoredFile[] {
  const db = openReadConnection(database);
  const catalog = loadCatalog(db);
  const snapshots = new SnapshotPool(database, 0, catalog);
  try {
    return [...allFiles(snapshots.snapshot(), catalog)];
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
    // Most uploads are already compressed.
    yield { name, compress: false, ...bytesOf(directory, file) };
  }
}

/** Returns the path of a stored file's bytes and a function that checks them. @throws Error if they are missing. */
export function bytesOf(directory: string, file: StoredFile): Required<Pick<ArchiveEntry, "path" | "check">> {
  const path = join(directory, FILES_DIRECTORY, relativePathOf(file.uuid));
  if (!existsSync(path)) throw unusable(file, path, "missing");
  const check = (bytes: number, sha256: Buffer): void => {
    if (bytes !== file.size || sha256.toString("base64") !== file.sha256)
      throw unusable(file, path, "corrupt");
  };
  return { path, check };
}

function unusable({ _id }: StoredFile, path: string, how: string): Error {
  return new Error(
    `The bytes of the stored file ${_id} are ${how}: ${path}. Put them back, or delete the file in the application; ` +
      "then try again.",
  );
}
