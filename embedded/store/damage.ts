/** Errors of SQLite in words that say what to do. */
import { SqliteError } from "better-sqlite3";

/** @throws Error that names the file, in the place of what SQLite says of one that is damaged or cannot be written. */
export function explaining<T>(file: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (error instanceof SqliteError && /^SQLITE_(READONLY|CANTOPEN)/.test(error.code)) {
      throw new Error(
        `The database ${file} cannot be written: ${error.message}. Make it writable for this process.`,
        {
          cause: error,
        },
      );
    }
    if (!isDamage(error)) throw error;
    throw new Error(
      `The database ${file} is damaged: ${error.message}. Put a backup back with "npm run embedded -- restore FILE ` +
        '--replace", or choose another data directory.',
      { cause: error },
    );
  }
}

/** True for what SQLite finds wrong with the contents of a file. */
export function isDamage(error: unknown): error is InstanceType<typeof SqliteError> {
  return error instanceof SqliteError && /^SQLITE_(NOTADB|CORRUPT)/.test(error.code);
}
