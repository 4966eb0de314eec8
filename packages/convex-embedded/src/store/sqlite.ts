/**
 * The project's interface to SQLite. Only this file and the doctor, which checks that the package loads, import the SQLite
 * package.
 *
 * The binding is `@photostructure/sqlite`. Its npm package contains binaries for Linux (glibc and musl), macOS and Windows that
 * work with every version of Node, so an install neither downloads nor compiles anything. It has the interface of `node:sqlite`,
 * which can replace it once all supported versions of Node have that module. package.json pins the exact version, because the
 * package works on Node 20 but does not promise to.
 *
 * To replace the binding, change this file and `sqliteError.ts` until `sqlite.test.ts` passes: it tests the behavior that the
 * project relies on. Then run the tests of `store/` that stop the process, the disk and the power in the middle of a write.
 */
import { pathToFileURL } from "node:url";
import { backup, DatabaseSync } from "@photostructure/sqlite";
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { asSqliteError } from "./sqliteError";

/** The values that SQLite stores. Numbers are bound as REAL. A column of type INTEGER stores them as integers. */
export type Value = null | number | string | Uint8Array;

export interface ConnectionOptions {
  /** How long to wait for a lock of another connection, in milliseconds. Default 0. */
  readonly timeout?: number;
  /** Opens the file read-only. It must exist. */
  readonly readonly?: boolean;
  /** Fails if the file does not exist, instead of creating it. */
  readonly mustExist?: boolean;
}

/** The number of pages after which a copy can be cancelled, which an exit of the process does. */
const PAGES_PER_STEP = 4096;

/** A connection to a database. All calls but `copyTo` are synchronous. */
export class Connection {
  readonly #db: DatabaseSyncInstance;

  /**
   * @param name The path of the file, or `:memory:`.
   * @throws SqliteError
   */
  constructor(
    readonly name: string,
    { timeout = 0, readonly = false, mustExist = false }: ConnectionOptions = {},
  ) {
    const location = locationOf(name, readonly ? "ro" : mustExist ? "rw" : "rwc");
    this.#db = attempt(() => new DatabaseSync(location, { timeout, readOnly: readonly }));
  }

  get inTransaction(): boolean {
    return this.#db.isOpen && this.#db.isTransaction;
  }

  /** Prepares a statement. `P` is the type of its parameters, `R` the type of a row: by default an object. */
  prepare<P extends readonly Value[] = readonly Value[], R = unknown>(sql: string): Statement<P, R> {
    // In this project's statements, every question mark is a parameter.
    const parameters = sql.split("?").length - 1;
    return attempt(() => new Statement<P, R>(this.#db.prepare(sql), parameters));
  }

  exec(sql: string): void {
    attempt(() => this.#db.exec(sql));
  }

  /** Runs `PRAGMA …`. @returns the first value of the result. */
  pragma(text: string): unknown {
    return this.prepare(`PRAGMA ${text}`).pluck().all()[0];
  }

  /** Runs work in a transaction. Commits if it succeeds, rolls back if it throws. */
  transaction<T>(work: () => T): T {
    this.exec("BEGIN");
    try {
      const result = work();
      this.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.inTransaction) this.exec("ROLLBACK");
      throw error;
    }
  }

  /**
   * Copies one state of the database to a file in another thread, so that the event loop goes on. Other connections may write
   * meanwhile. This connection must not be used until the copy has ended.
   *
   * @param file A path. An existing file is overwritten. @throws SqliteError
   */
  async copyTo(file: string): Promise<void> {
    this.exec("BEGIN");
    try {
      // This read pins the state. Without it, the copy would begin again after each commit of another connection.
      this.prepare("SELECT count(*) FROM sqlite_schema").get();
      await backup(this.#db, file, { rate: PAGES_PER_STEP });
    } catch (error) {
      throw asSqliteError(error);
    } finally {
      this.exec("ROLLBACK");
    }
  }

  /** Ends all statements and releases all locks. A second call does nothing. */
  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

/** A prepared statement. Each call completes before it returns. BLOBs are returned as `Uint8Array`. */
export class Statement<P extends readonly Value[] = readonly Value[], R = unknown> {
  readonly #statement: StatementSyncInstance;
  readonly #count: number;
  #plucks = false;

  constructor(statement: StatementSyncInstance, parameters: number) {
    this.#statement = statement;
    this.#count = parameters;
  }

  /** Makes later calls return the first column's value as the row. */
  pluck(): this {
    this.#plucks = true;
    return this.raw();
  }

  /** Makes later calls return a row as an array of its values. */
  raw(): this {
    this.#statement.setReturnArrays(true);
    return this;
  }

  run(...parameters: P): { readonly changes: number; readonly lastInsertRowid: number | bigint } {
    this.#check(parameters);
    try {
      return this.#statement.run(...parameters);
    } catch (error) {
      throw asSqliteError(error);
    }
  }

  get(...parameters: P): R | undefined {
    this.#check(parameters);
    try {
      const row = this.#statement.get(...parameters) as R | readonly R[] | undefined;
      return this.#plucks ? (row as readonly R[] | undefined)?.[0] : (row as R | undefined);
    } catch (error) {
      throw asSqliteError(error);
    }
  }

  all(...parameters: P): R[] {
    this.#check(parameters);
    try {
      const rows = this.#statement.all(...parameters) as R[] | (readonly [R])[];
      return this.#plucks ? (rows as (readonly [R])[]).map(([value]) => value) : (rows as R[]);
    } catch (error) {
      throw asSqliteError(error);
    }
  }

  /** SQLite would bind NULL for a missing parameter, and the binding would truncate text at a NUL character. */
  #check(parameters: P): void {
    if (parameters.length !== this.#count) {
      throw new RangeError(`The statement has ${this.#count} parameters, not ${parameters.length}`);
    }
    for (let i = 0; i < parameters.length; i++) {
      const parameter = parameters[i];
      if (typeof parameter === "string" && parameter.includes("\0")) {
        throw new TypeError(
          `The text of parameter ${i + 1} contains a NUL character. Remove it: SQLite text cannot contain it`,
        );
      }
    }
  }
}

/** Returns the bytes of a BLOB as a Buffer, without copying them. */
export function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** Returns a URL, not a path: a URL carries the mode, and no file name can be mistaken for a URL or `:memory:`. */
function locationOf(name: string, mode: "ro" | "rw" | "rwc"): string | URL {
  if (name === ":memory:") return name;
  const url = pathToFileURL(name);
  url.searchParams.set("mode", mode);
  return url;
}

function attempt<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw asSqliteError(error);
  }
}
