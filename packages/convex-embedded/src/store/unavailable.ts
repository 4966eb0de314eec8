/** Failures of the store itself, as opposed to failures of the work that uses it. */
import { SqliteError } from "./sqliteError";

/** The store cannot do the work now: its disk is full, or its file is locked, damaged or read-only. Nothing was written. */
export class StoreUnavailable extends Error {
  override readonly name: string = "StoreUnavailable";
}

/** Result codes of SQLite that concern the file or the machine, not the statement. */
const OF_THE_STORE = /^SQLITE_(?:BUSY|CANTOPEN|CORRUPT|FULL|IOERR|LOCKED|NOMEM|NOTADB|READONLY)/;

/** Codes of Node for a disk that takes no more bytes, and for a process that may open no more files. */
const OF_THE_DISK = new Set(["EDQUOT", "EIO", "EMFILE", "ENFILE", "ENOSPC", "EROFS"]);

/** True if the store failed, not the work that used it. */
export function isUnavailable(error: unknown): error is Error {
  return error instanceof StoreUnavailable || (error instanceof SqliteError && OF_THE_STORE.test(error.code));
}

/** @throws StoreUnavailable in place of an error of the file system that says that nothing can be written. */
export function refuseDiskError(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || code === undefined || !OF_THE_DISK.has(code)) throw error;
  throw new StoreUnavailable(error.message, { cause: error });
}
