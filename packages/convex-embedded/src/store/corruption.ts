/** Converts SQLite errors about corrupt or unusable files to messages that say what to do. */
import { constants } from "node:os";
import { SqliteError } from "./sqliteError";
import { StoreUnavailable } from "./unavailable";

/** Too many open files in the process (`EMFILE`), or on the machine (`ENFILE`). */
const TOO_MANY_FILES = new Set([constants.errno.EMFILE, constants.errno.ENFILE]);

/** Calls `open`. @throws the error of `open`, converted by `explainError`. */
export function withExplainedErrors<T>(file: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw explainError(file, error);
  }
}

/**
 * Converts a SQLite error about a corrupt, unwritable or unopenable database to one that names the file and says what to do.
 * Returns other errors unchanged.
 */
export function explainError(file: string, cause: unknown): unknown {
  if (cause instanceof SqliteError && cause.errno !== undefined && TOO_MANY_FILES.has(cause.errno)) {
    const problem = `The database ${file} cannot be opened, because too many files are open.`;
    return new StoreUnavailable(`${problem} Raise the limit, for instance with "ulimit -n 4096".`, { cause });
  }
  if (cause instanceof SqliteError && /^SQLITE_(READONLY|CANTOPEN)/.test(cause.code)) {
    const problem = `The database ${file} cannot be written: ${cause.message}.`;
    return new StoreUnavailable(`${problem} Make it writable for this process.`, { cause });
  }
  if (!isCorruption(cause)) return cause;
  const problem = `The database ${file} is corrupt: ${cause.message}.`;
  const advice = 'Restore a backup with "npx convex-embedded restore FILE --replace"';
  return new StoreUnavailable(`${problem} ${advice}, or choose another data directory.`, { cause });
}

/** True if SQLite reports that the contents of a file are corrupt. */
export function isCorruption(error: unknown): error is SqliteError {
  return error instanceof SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code);
}
