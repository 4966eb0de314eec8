/** Changes a data directory in one transaction, all or nothing. */
import { existsSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FileDisk } from "../files/filesDisk";
import type { StoredFile } from "../files/filesTable";
import { fileByUuid } from "../files/filesTable";
import { ChangeLog } from "../store/changes/changeLog";
import { withExplainedErrors } from "../store/corruption";
import { dataEntries, DATABASE_FILE, deleteData, FILES_DIRECTORY, finishRestore } from "../store/directory";
import { makeDurableDirectory } from "../store/durable";
import { openWriteConnection } from "../store/layout";
import { isBackupUnderWay, lockDirectory } from "../store/lock";
import { StoreTransaction } from "../store/transaction";
import type { DiskStore } from "../store/types";
import { WriteConnection } from "../store/writeConnection";

export interface Target {
  readonly writes: WriteConnection;
  readonly transaction: StoreTransaction;
  readonly disk: FileDisk;
  /** UUIDs of files whose bytes were written. The bytes are deleted if the transaction fails. */
  readonly written: Set<string>;
  /** Files whose documents were removed, by UUID. Their bytes are deleted once the removal is durable. */
  readonly replaced: Map<string, StoredFile>;
}

/**
 * Runs work on a data directory, which is created if missing. The transaction commits if the work succeeds.
 *
 * @throws Error if another process uses the directory, or it is not a data directory; and the errors of the work. In these cases
 * nothing has changed.
 */
export async function inOneTransaction<T>(
  directory: string,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const made = !existsSync(directory);
  makeDurableDirectory(directory);
  const lock = lockDirectory(directory);
  let fresh = false;
  let done = false;
  try {
    finishRestore(directory);
    if (!existsSync(join(directory, DATABASE_FILE))) {
      if (dataEntries(directory).length > 0)
        throw new Error(`${directory} is not a data directory of the embedded runtime`);
      fresh = true;
    }
    const result = await transact(directory, work);
    done = true;
    return result;
  } finally {
    if (fresh && !done) deleteData(directory);
    lock.release();
    if (made && !done) {
      for (const name of ["lock", "lock-journal"]) rmSync(join(directory, name), { force: true });
      rmdirSync(directory);
    }
  }
}

/** Returns the UUIDs of files that the transaction removes. Their bytes must be deleted after the commit. */
function goneFiles({ writes, transaction, replaced }: Target): string[] {
  return [...replaced.keys()].filter((uuid) => fileByUuid(transaction, writes.catalog, uuid) === null);
}

/** Runs work on the data of a running server, in one transaction of its writer. @throws the errors of the work; nothing has changed. */
export async function inStore<T>(
  store: DiskStore,
  disk: FileDisk,
  work: (target: Target) => Promise<T>,
): Promise<T> {
  const written = new Set<string>();
  let gone: readonly string[] = [];
  try {
    const result = await store.exclusive(async (writes, transaction) => {
      const target: Target = { writes, transaction, disk, written, replaced: new Map() };
      const done = await work(target);
      gone = goneFiles(target);
      return done;
    });
    written.clear();
    for (const uuid of gone) await disk.remove(uuid);
    return result;
  } finally {
    for (const uuid of written) await disk.remove(uuid);
  }
}

function openWrites(file: string): WriteConnection {
  const db = openWriteConnection(file);
  return new WriteConnection(db, ChangeLog.open(db, undefined, Date.now));
}

async function transact<T>(directory: string, work: (target: Target) => Promise<T>): Promise<T> {
  const file = join(directory, DATABASE_FILE);
  const writes = withExplainedErrors(file, () => openWrites(file));
  const disk = new FileDisk(join(directory, FILES_DIRECTORY), {}, () => isBackupUnderWay(directory));
  const transaction = new StoreTransaction(writes, () => {
    throw new Error("Imported documents cannot contain a commit timestamp");
  });
  const target: Target = { writes, transaction, disk, written: new Set(), replaced: new Map() };
  try {
    writes.db.exec("BEGIN IMMEDIATE");
    const result = await work(target);
    const gone = goneFiles(target);
    transaction.finish();
    writes.db.exec("COMMIT");
    target.written.clear();
    for (const uuid of gone) await disk.remove(uuid);
    return result;
  } finally {
    if (writes.db.inTransaction) writes.db.exec("ROLLBACK");
    for (const uuid of target.written) await disk.remove(uuid);
    disk.close();
    writes.db.close();
  }
}
