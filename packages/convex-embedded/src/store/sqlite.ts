/**
 * SQLite as the rest of the project knows it. Nothing else imports the package behind it, except for the doctor, which
 * looks whether it loads.
 *
 * The binding is `@photostructure/sqlite`: its binaries are in the npm package, for Linux (glibc and musl), macOS and
 * Windows, and fit every Node, so that an install neither downloads nor compiles anything. It has the interface of
 * `node:sqlite`, which can take its place as soon as every Node that is supported has that. The version in package.json is
 * exact, because Node 20 works without being promised.
 *
 * To change it, change this file and `sqliteError.ts` until `sqlite.test.ts` passes, which has what the project relies on;
 * then run the tests of `store/` that stop the process, the disk and the power in the middle of a write.
 */
import { pathToFileURL } from "node:url";
import { DatabaseSync } from "@photostructure/sqlite";
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { asSqliteError } from "./sqliteError";

/** What SQLite stores. Numbers are bound as REAL, which a column of type INTEGER keeps as an integer. */
export type Value = null | number | string | Uint8Array;

export interface ConnectionOptions {
  /** How many milliseconds to wait for whoever has locked the database: 0, if it is not told. */
  readonly timeout?: number;
  /** Nothing can be written. The file must exist. */
  readonly readonly?: boolean;
  /** A missing file is not made. */
  readonly mustExist?: boolean;
}

/** A connection to a database. All calls are synchronous. */
export class Connection {
  readonly #db: DatabaseSyncInstance;

  /**
   * @param name the file, or `:memory:`.
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

  /** `P` are the parameters, `R` is a row: an object, if the statement is not told otherwise. */
  prepare<P extends readonly Value[] = readonly Value[], R = unknown>(sql: string): Statement<P, R> {
    // No statement of this project has a question mark that is no parameter.
    const parameters = sql.split("?").length - 1;
    return attempt(() => new Statement<P, R>(this.#db.prepare(sql), parameters));
  }

  exec(sql: string): void {
    attempt(() => this.#db.exec(sql));
  }

  /** Runs `PRAGMA …`. @returns the first value that it answers. */
  pragma(text: string): unknown {
    return this.prepare(`PRAGMA ${text}`).pluck().all()[0];
  }

  /** Commits what the work does if it succeeds, and undoes it if it throws. */
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

  /** Ends all statements and frees all locks at once. A closed connection may be closed again. */
  close(): void {
    if (this.#db.isOpen) this.#db.close();
  }
}

/** A prepared statement. Each call ends before it returns: nothing stays open. BLOBs come as `Uint8Array`. */
export class Statement<P extends readonly Value[] = readonly Value[], R = unknown> {
  readonly #statement: StatementSyncInstance;
  readonly #count: number;
  #plucks = false;

  constructor(statement: StatementSyncInstance, parameters: number) {
    this.#statement = statement;
    this.#count = parameters;
  }

  /** From now on a row is the value of its first column. */
  pluck(): this {
    this.#plucks = true;
    return this.raw();
  }

  /** From now on a row is an array of its values. */
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

  /** SQLite would take a missing parameter for NULL, and the binding a text's NUL character for its end. */
  #check(parameters: P): void {
    if (parameters.length !== this.#count) {
      throw new RangeError(`The statement has ${this.#count} parameters, not ${parameters.length}`);
    }
    for (let i = 0; i < parameters.length; i++) {
      const parameter = parameters[i];
      if (typeof parameter === "string" && parameter.includes("\0")) {
        throw new TypeError(`The text of parameter ${i + 1} has a NUL character, which cannot be stored`);
      }
    }
  }
}

/** The bytes of a BLOB as a Buffer, not copied. */
export function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** An address rather than a path: it says what to do with a missing file, and no name of a file is taken for one. */
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
