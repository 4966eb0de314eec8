/**
 * Snapshots for queries. With SQLite's write-ahead log, a read transaction sees the state at its first read. Connections are
 * pooled.
 *
 * Snapshots of the same state share a connection, so concurrent queries need one connection for each state of the database, not one for
 * each query. The pool opens a new connection instead of waiting for a free one: a query that waits for another query's connection could
 * deadlock. A snapshot also keeps the tables and indexes of its state, because a schema change replaces the ids of indexes.
 *
 * After each commit a reader has to fill its cache of pages anew, but the write connection's cache stays warm. So while no transaction is
 * open, the writer lends its connection, and most queries end before it takes the connection back. Snapshots that are still in use then
 * continue on a reader, which sees the same state, since nothing was committed in between.
 */
import { explainError, withExplainedErrors } from "./corruption";
import { openReadConnection } from "./layout";
import { ReadStatements } from "./readStatements";
import type { Connection, Statement } from "./sqlite";
import type { SearchQuery } from "../search/query";
import type {
  Catalog,
  IndexInfo,
  KeyRange,
  RowCursor,
  SearchIndexInfo,
  SearchResults,
  Snapshot,
  TableInfo,
} from "./types";

/** A state, and the connection that reads it. */
export interface Pin {
  source: Source;
  users: number;
  readonly catalog: Catalog;
}

/** A connection with its read statements. */
export interface Source {
  readonly db: Connection;
  readonly reads: ReadStatements;
}

/** A connection that keeps its state in a read transaction. */
interface Reader extends Source {
  readonly begin: Statement;
  /** SQLite chooses the state of a transaction at its first read, not at `BEGIN`. */
  readonly choose: Statement;
  readonly end: Statement;
}

export class SnapshotPool {
  readonly #idle: Reader[] = [];
  /** The pins of readers. */
  readonly #pins = new Map<Pin, Reader>();
  /** The write connection while it is lent, and the pins that use it. */
  #lent: Source | null = null;
  readonly #borrowers = new Set<Pin>();
  /** The pin that new snapshots may share. It has the newest state, and no `drain` waits for it. */
  #current: Pin | null = null;
  #onUnpin: (() => void) | null = null;
  #closed = false;
  /** The tables and indexes of the newest state that snapshots may see. */
  #catalog: Catalog;

  /**
   * @param keep The number of connections that stay open when idle.
   * @param catalog The tables and indexes of the database.
   */
  constructor(
    private readonly file: string,
    private readonly keep: number,
    catalog: Catalog,
  ) {
    this.#catalog = catalog;
  }

  /** The number of open reader connections. */
  get size(): number {
    return this.#idle.length + this.#pins.size;
  }

  snapshot(): Snapshot {
    return new PooledSnapshot(this);
  }

  /** Runs a synchronous read on the newest state. */
  read<T>(work: (db: Connection) => T): T {
    const pin = this.pin();
    try {
      return withExplainedErrors(this.file, () => work(pin.source.db));
    } finally {
      this.unpin(pin);
    }
  }

  /** Lets snapshots read through the write connection. `writes` must not be in a transaction, and all commits must be durable. */
  lend(writes: Source): void {
    this.#lent = writes;
    if (this.#current?.users === 0) this.#retire();
  }

  /** Ends the loan. Call this before each transaction. Snapshots that are in use continue on readers. */
  takeBack(): void {
    this.#lent = null;
    for (const pin of this.#borrowers) {
      if (pin.users > 0) {
        const reader = this.#begin();
        this.#pins.set(pin, reader);
        pin.source = reader;
      } else if (pin === this.#current) {
        this.#current = null;
      }
      // Now, not after the loop: if no further reader can be opened, the next call must not open another one for this pin.
      this.#borrowers.delete(pin);
    }
  }

  /** Releases the newest state if no snapshot uses it, because it would block a restart of the log. Call this before a checkpoint. */
  unpinIdle(): void {
    if (this.#current?.users === 0) this.#retire();
  }

  /** Call this right before every commit, so that snapshots keep the state from before the commit until `publish`. */
  keepNewest(): void {
    this.#current ??= this.#pinNow(0);
  }

  /** Pins the state of the last commit for a later call of `publish` or `release`. Call this right after a commit that is not yet durable. */
  pinCommitted(catalog: Catalog): Pin {
    return this.#pinNow(0, catalog);
  }

  /**
   * Makes a state the newest one: later snapshots see it. Publish states in the order of their commits.
   *
   * @param state Null for the state at the next pin. @param catalog Its tables and indexes.
   */
  publish(state: Pin | null, catalog: Catalog): void {
    this.#retire();
    this.#current = state;
    this.#catalog = catalog;
  }

  /** Releases the state of a commit that is not published. */
  release(state: Pin | null): void {
    if (state !== null) this.#end(state);
  }

  /** Resolves when all snapshots pinned so far are released, or after the given time. Ignores snapshots pinned meanwhile. */
  async drain(milliseconds: number): Promise<void> {
    this.#retire();
    const old = [...this.#pins.keys()];
    if (old.length === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#onUnpin = () => {
        if (old.some((pin) => this.#pins.has(pin))) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#onUnpin = null;
  }

  pin(): Pin {
    if (this.#closed) throw new Error("The store is closed");
    if (this.#current) {
      this.#current.users++;
      return this.#current;
    }
    this.#current = this.#lent === null ? this.#pinNow(1) : this.#borrow(this.#lent);
    return this.#current;
  }

  unpin(pin: Pin): void {
    pin.users--;
    // The newest state stays pinned for the next query. Without writes in between, queries need no new transaction.
    if (pin.users === 0 && pin !== this.#current && !this.#closed) this.#end(pin);
  }

  /** Closes all connections. Unreleased snapshots throw on later reads. */
  close(): void {
    this.#closed = true;
    for (const reader of this.#pins.values()) reader.db.close();
    for (const reader of this.#idle) reader.db.close();
    this.#lent = null;
    this.#pins.clear();
    this.#borrowers.clear();
    this.#idle.length = 0;
    this.#current = null;
    this.#onUnpin?.();
  }

  #borrow(source: Source): Pin {
    const pin: Pin = { source, users: 1, catalog: this.#catalog };
    this.#borrowers.add(pin);
    return pin;
  }

  #pinNow(users: number, catalog = this.#catalog): Pin {
    const reader = this.#begin();
    const pin: Pin = { source: reader, users, catalog };
    this.#pins.set(pin, reader);
    return pin;
  }

  /** Begins a read transaction, which pins the newest state. */
  #begin(): Reader {
    const reader = this.#idle.pop() ?? open(this.file);
    try {
      reader.begin.run();
      reader.choose.get();
    } catch (error) {
      reader.db.close();
      throw explainError(this.file, error);
    }
    return reader;
  }

  #retire(): void {
    const pin = this.#current;
    this.#current = null;
    if (pin?.users === 0) this.#end(pin);
  }

  #end(pin: Pin): void {
    this.#borrowers.delete(pin);
    const reader = this.#pins.get(pin);
    if (reader === undefined) return;
    this.#pins.delete(pin);
    if (this.#idle.length < this.keep && hasEnded(reader)) this.#idle.push(reader);
    else reader.db.close();
    this.#onUnpin?.();
  }
}

class PooledSnapshot implements Snapshot {
  #pin: Pin | null = null;
  #released = false;

  constructor(private readonly pool: SnapshotPool) {}

  get catalog(): Catalog {
    return this.#pinned().catalog;
  }

  get(table: TableInfo, internalId: Uint8Array): string | null {
    return this.#reads().get(table, internalId);
  }

  scan(index: IndexInfo, range: KeyRange, order: "asc" | "desc"): RowCursor {
    return ReadStatements.scan(
      index,
      range,
      order,
      (fetch) => fetch(this.#reads()),
      () => 0,
    );
  }

  search(table: TableInfo, index: SearchIndexInfo, query: SearchQuery): SearchResults {
    return ReadStatements.search(table, index, query, (read) => read(this.#reads()));
  }

  release(): void {
    if (this.#pin && !this.#released) this.pool.unpin(this.#pin);
    this.#released = true;
  }

  #reads(): ReadStatements {
    return this.#pinned().source.reads;
  }

  #pinned(): Pin {
    if (this.#released)
      throw new Error(
        "This snapshot is released: its query has ended. Await every read before the query returns.",
      );
    return (this.#pin ??= this.pool.pin());
  }
}

function open(file: string): Reader {
  // A timeout of 0: this thread must not block. In WAL mode, no lock of another process blocks a reader of an open database.
  const db = openReadConnection(file, 0);
  return {
    db,
    reads: new ReadStatements(db),
    begin: db.prepare("BEGIN"),
    // Reads only the first page. SQLite maps the file to read any other page, and unmaps it at the next state.
    choose: db.prepare("PRAGMA user_version"),
    end: db.prepare("COMMIT"),
  };
}

/** Ends a read transaction. Returns false if that fails, as after a read of corrupt data. Other queries must not see that error. */
function hasEnded({ end }: Reader): boolean {
  try {
    end.run();
    return true;
  } catch {
    return false;
  }
}
