/** Converts errors of the SQLite binding to errors with named codes. */

/** The primary result codes, indexed by number from 0: sqlite.org/rescode.html. */
const CODES = (
  "OK ERROR INTERNAL PERM ABORT BUSY LOCKED NOMEM READONLY INTERRUPT IOERR CORRUPT NOTFOUND FULL CANTOPEN PROTOCOL " +
  "EMPTY SCHEMA TOOBIG CONSTRAINT MISMATCH MISUSE NOLFS AUTH FORMAT RANGE NOTADB"
).split(" ");

/** The extended result codes that the project distinguishes. Their lowest byte is the primary code. */
const EXTENDED: Readonly<Record<number, string>> = { 2067: "CONSTRAINT_UNIQUE" };

/** An error of SQLite. Its `cause` has the numeric codes. */
export class SqliteError extends Error {
  override readonly name = "SqliteError";

  /** @param code A name such as `SQLITE_BUSY`. */
  constructor(
    message: string,
    readonly code: string,
    cause: unknown,
  ) {
    super(message, { cause });
  }

  /** The operating system's error number, if an operating system error was the cause. */
  get errno(): number | undefined {
    return (this.cause as { systemErrno?: number } | null)?.systemErrno;
  }
}

/** Converts an error of SQLite. Returns other errors, such as those of a closed connection, unchanged. */
export function asSqliteError(error: unknown): unknown {
  const { errcode } = error as { errcode?: unknown };
  if (!(error instanceof Error) || typeof errcode !== "number") return error;
  const name = EXTENDED[errcode] ?? CODES[errcode & 0xff] ?? String(errcode);
  return new SqliteError(error.message, `SQLITE_${name}`, error);
}
