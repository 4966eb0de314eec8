/** Errors of SQLite in words that say what to do. */
import { SqliteError } from "./sqliteError";

/** @throws Error that names the file, in the place of what SQLite says of one that is damaged or cannot be written. */
export function explaining<T>(file: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw explained(file, error);
  }
}

/** The error that names the file, for what SQLite says of one that is damaged or cannot be written; others as they are. */
export function explained(file: string, cause: unknown): unknown {
  if (cause instanceof SqliteError && /^SQLITE_(READONLY|CANTOPEN)/.test(cause.code)) {
    const what = `The database ${file} cannot be written: ${cause.message}.`;
    return new Error(`${what} Make it writable for this process.`, { cause });
  }
  if (!isDamage(cause)) return cause;
  const what = `The database ${file} is damaged: ${cause.message}.`;
  const advice = 'Put a backup back with "npm run embedded -- restore FILE --replace"';
  return new Error(`${what} ${advice}, or choose another data directory.`, { cause });
}

/** True for what SQLite finds wrong with the contents of a file. */
export function isDamage(error: unknown): error is SqliteError {
  return error instanceof SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code);
}
