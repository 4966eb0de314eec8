/** The errors of SQLite, by the names of their codes. */

/** The primary result codes by their number, from 0 on: sqlite.org/rescode.html. */
const CODES = (
  "OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL " +
  "EMPTY SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB"
).split(" ");

/** Of the extended ones, whose lowest byte is the primary code, those that somebody here tells apart. */
const EXTENDED: Readonly<Record<number, string>> = { 2067: "CONSTRAINT_UNIQUE" };

/** What SQLite refuses. The `cause` has its numbers, and the operating system's `errno` where one is known. */
export class SqliteError extends Error {
  override readonly name = "SqliteError";

  /** @param code such as `SQLITE_BUSY`. */
  constructor(
    message: string,
    readonly code: string,
    cause: unknown,
  ) {
    super(message, { cause });
  }
}

/** Other errors, such as those of a closed connection, stay as they are. */
export function asSqliteError(error: unknown): unknown {
  const { errcode } = error as { errcode?: unknown };
  if (!(error instanceof Error) || typeof errcode !== "number") return error;
  const name = EXTENDED[errcode] ?? CODES[errcode & 0xff] ?? String(errcode);
  return new SqliteError(error.message, `SQLITE_${name}`, error);
}
