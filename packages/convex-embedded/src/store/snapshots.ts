/**
 * Snapshots for queries. SQLite's log gives each reading transaction the state at its first read; the connections
 * for them are pooled.
 *
 * Snapshots of the same state share a connection, so that many queries at once need one connection for each commit
 * that came between them, not one each. A new connection is opened rather than waited for: a query that waits for
 * another one's connection could wait for itself.
 */
import { openReadConnection } from "./layout";
import { ReadStatements } from "./readStatements";
import type { Connection, Statement } from "./sqlite";
import type { IndexInfo, KeyRange, RowCursor, Snapshot, TableInfo } from "./types";

/** A connection inside a reading transaction. */
interface Pin {
  readonly reader: Reader;
  users: number;
}

interface Reader {
  readonly db: Connection;
  readonly reads: ReadStatements;
  readonly begin: Statement;
  readonly end: Statement;
}

export class SnapshotPool {
  readonly #idle: Reader[] = [];
  readonly #pins = new Set<Pin>();
  /** The pin that new snapshots may share: of the newest state, and not being waited for. */
  #current: Pin | null = null;
  #onUnpin: (() => void) | null = null;
  #closed = false;

  /** @param keep how many connections stay open when idle. */
  constructor(
    private readonly file: string,
    private readonly keep: number,
  ) {}

  /** Reader connections that are open. */
  get size(): number {
    return this.#idle.length + this.#pins.size;
  }

  snapshot(): Snapshot {
    return new PooledSnapshot(this);
  }

  /** To be called right before every commit: a pin that nobody uses must not hold back the log. */
  rest(): void {
    if (this.#current?.users === 0) this.#retire();
  }

  /** To be called after every commit: snapshots pinned from now on see it. */
  committed(): void {
    this.#retire();
  }

  /** Resolves when every snapshot pinned so far is released, or the time is up. Those pinned meanwhile do not count. */
  async drain(milliseconds: number): Promise<void> {
    this.#retire();
    const old = [...this.#pins];
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
    const reader = this.#idle.pop() ?? open(this.file);
    reader.begin.run();
    const pin: Pin = { reader, users: 1 };
    this.#pins.add(pin);
    this.#current = pin;
    return pin;
  }

  unpin(pin: Pin): void {
    pin.users--;
    // The newest state stays pinned for the next query: while nothing is written, a query costs no transaction.
    if (pin.users === 0 && pin !== this.#current && !this.#closed) this.#end(pin);
  }

  /** Closes all connections. Snapshots that are still held throw from now on. */
  close(): void {
    this.#closed = true;
    for (const { reader } of this.#pins) reader.db.close();
    for (const reader of this.#idle) reader.db.close();
    this.#pins.clear();
    this.#idle.length = 0;
    this.#current = null;
    this.#onUnpin?.();
  }

  #retire(): void {
    const pin = this.#current;
    this.#current = null;
    if (pin?.users === 0) this.#end(pin);
  }

  #end(pin: Pin): void {
    this.#pins.delete(pin);
    const { reader } = pin;
    if (this.#idle.length < this.keep && hasEnded(reader)) this.#idle.push(reader);
    else reader.db.close();
    this.#onUnpin?.();
  }
}

class PooledSnapshot implements Snapshot {
  #pin: Pin | null = null;
  #released = false;

  constructor(private readonly pool: SnapshotPool) {}

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

  release(): void {
    if (this.#pin && !this.#released) this.pool.unpin(this.#pin);
    this.#released = true;
  }

  #reads(): ReadStatements {
    if (this.#released)
      throw new Error("This snapshot is released: its query has ended and can no longer read");
    this.#pin ??= this.pool.pin();
    return this.#pin.reader.reads;
  }
}

function open(file: string): Reader {
  // It must not block. In WAL mode no lock of another process keeps a reader out, once the file is in use.
  const db = openReadConnection(file, 0);
  return { db, reads: new ReadStatements(db), begin: db.prepare("BEGIN"), end: db.prepare("COMMIT") };
}

/** Ends a reading transaction. False where that fails, as it does after damage was read: others must not hear of it. */
function hasEnded({ end }: Reader): boolean {
  try {
    end.run();
    return true;
  } catch {
    return false;
  }
}
