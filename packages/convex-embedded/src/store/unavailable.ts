/** Failures of the store itself, as opposed to errors of the work that uses it. */
import { SqliteError } from "./sqliteError";

/** The store cannot do the work now: its disk is full, or its file is locked, corrupt or read-only. Nothing was written. */
export class StoreUnavailable extends Error {
  override readonly name: string = "StoreUnavailable";
}

/** Result codes of SQLite that concern the file or the machine, not the statement. */
const STORE_CODES = /^SQLITE_(?:BUSY|CANTOPEN|CORRUPT|FULL|IOERR|LOCKED|NOMEM|NOTADB|READONLY)/;

/** Node's codes for a full, failing or read-only disk, and for too many open files. */
const DISK_CODES = new Set(["EDQUOT", "EIO", "EMFILE", "ENFILE", "ENOSPC", "EROFS"]);

/** True if the store failed, not the work that used it. */
export function isUnavailable(error: unknown): error is Error {
  return error instanceof StoreUnavailable || (error instanceof SqliteError && STORE_CODES.test(error.code));
}

/** Rethrows an error. @throws StoreUnavailable if the error says that the disk cannot be written, else the error itself. */
export function refuseDiskError(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || code === undefined || !DISK_CODES.has(code)) throw error;
  throw new StoreUnavailable(error.message, { cause: error });
}
