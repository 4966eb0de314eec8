/** Turns SQLite errors about corrupt or unusable files into messages that say what to do. */
import { constants } from "node:os";
import { SqliteError } from "./sqliteError";
import { StoreUnavailable } from "./unavailable";

/** Of the process (`EMFILE`), and of the machine (`ENFILE`). */
const TOO_MANY_FILES = new Set([constants.errno.EMFILE, constants.errno.ENFILE]);

/** @throws Error that names the file, in the place of what SQLite says of one that is damaged or cannot be written. */
export function withExplainedErrors<T>(file: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw explainError(file, error);
  }
}

/** The error that names the file, for what SQLite says of one that is damaged or cannot be written; others as they are. */
export function explainError(file: string, cause: unknown): unknown {
  if (cause instanceof SqliteError && cause.errno !== undefined && TOO_MANY_FILES.has(cause.errno)) {
    const what = `The database ${file} cannot be opened, because too many files are open.`;
    return new StoreUnavailable(`${what} Raise the limit, for instance with "ulimit -n 4096".`, { cause });
  }
  if (cause instanceof SqliteError && /^SQLITE_(READONLY|CANTOPEN)/.test(cause.code)) {
    const what = `The database ${file} cannot be written: ${cause.message}.`;
    return new StoreUnavailable(`${what} Make it writable for this process.`, { cause });
  }
  if (!isCorruption(cause)) return cause;
  const what = `The database ${file} is damaged: ${cause.message}.`;
  const advice = 'Put a backup back with "npx convex-embedded restore FILE --replace"';
  return new StoreUnavailable(`${what} ${advice}, or choose another data directory.`, { cause });
}

/** True for what SQLite finds wrong with the contents of a file. */
export function isCorruption(error: unknown): error is SqliteError {
  return error instanceof SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code);
}
