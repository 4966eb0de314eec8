/**
 * A store that is kept in memory and gone with whoever holds it, for tests: no file, no lock, nothing to close.
 *
 * Transactions, schemas, ids and index keys are those of the store on disk; only the rows lie elsewhere. It waits for
 * nothing, neither a disk nor a timer, so that a test may fake those.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { WriteLog } from "./writeLog";
import { MemoryRows } from "./memoryRows";
import { applySchemas } from "./schema";
import { StoreTransaction } from "./transaction";
import type {
  Catalog,
  ComponentSchema,
  Reader,
  SchemaJSON,
  Snapshot,
  Store,
  StoreStats,
  Transaction,
} from "./types";

/** The work that the running code is part of. One for all stores: each `AsyncLocalStorage` makes every promise dearer. */
const works = new AsyncLocalStorage<Work>();

interface Work {
  readonly store: MemoryStore;
  readonly transaction: StoreTransaction;
  /** Work of another store that this one is part of, if any. */
  readonly within: Work | undefined;
  ended: boolean;
  /** The last piece of work that was begun within this one. */
  last: Promise<unknown>;
}

/** @param now milliseconds since 1970, for commit timestamps. */
export function openMemoryStore(now: () => number): Store {
  return new MemoryStore(now);
}

class MemoryStore implements Store {
  readonly catalog: Catalog;
  readonly writeLog = new WriteLog();
  readonly #rows = new MemoryRows();
  #committed: Reader = this.#rows.freeze();
  #last: Promise<unknown> = Promise.resolve();
  #lastTs = 0n;
  #commits = 0;
  #closed = false;

  constructor(private readonly now: () => number) {
    const rows = this.#rows;
    this.catalog = {
      table: (component, name) => rows.catalog.table(component, name),
      tableByNumber: (component, number) => rows.catalog.tableByNumber(component, number),
      components: () => rows.catalog.components(),
      tables: (component) => rows.catalog.tables(component),
    };
  }

  snapshot(): Snapshot {
    const committed = this.#committed;
    let released = false;
    const reader = (): Reader => {
      if (released) throw new Error("This snapshot is released: its query has ended and can no longer read");
      return committed;
    };
    return {
      get: (table, internalId) => reader().get(table, internalId),
      scan(index, range, order) {
        const cursor = reader().scan(index, range, order);
        return { next: () => (reader(), cursor.next()) };
      },
      release: () => {
        released = true;
      },
    };
  }

  /**
   * As on disk, but for work that is begun within other work of this store, by a test that calls functions in the
   * middle of a transaction. It would wait for itself, and becomes a part of that one.
   */
  mutate<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new Error("The store is closed"));
    for (let open = works.getStore(); open !== undefined; open = open.within) {
      if (open.store === this && !open.ended) return nested(open, work);
    }
    const run = this.#last.then(() => this.#run(work));
    this.#last = run.catch(() => undefined);
    return run;
  }

  applySchema(component: string, schema: SchemaJSON | null, progress: (line: string) => void): Promise<void> {
    return this.applySchemas([{ component, schema }], progress);
  }

  applySchemas(schemas: readonly ComponentSchema[], progress: (line: string) => void): Promise<void> {
    return this.mutate(() => applySchemas(this.#rows, schemas, progress));
  }

  stats(): StoreStats {
    return { commits: this.#commits, executions: this.#commits, readers: 0 };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }

  async #run<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const transaction = new StoreTransaction(this.#rows, () => this.#nextTs());
    const begin = this.#rows.savepoint();
    const own: Work = {
      store: this,
      transaction,
      within: works.getStore(),
      ended: false,
      last: Promise.resolve(),
    };
    try {
      const result = await perform(own, work);
      transaction.finish();
      this.#committed = this.#rows.freeze();
      this.#commits++;
      this.writeLog.appendUnknown();
      return result;
    } catch (error) {
      transaction.end();
      begin.rollback();
      throw error;
    } finally {
      transaction.callSettled();
    }
  }

  #nextTs(): bigint {
    const now = BigInt(Math.floor(this.now())) * 1_000_000n;
    return (this.#lastTs = now > this.#lastTs ? now : this.#lastTs + 1n);
  }
}

/** A savepoint of the work that it is part of, after all that were begun there before. */
function nested<T>(open: Work, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const run = open.last.then(async () => {
    const savepoint = open.transaction.savepoint();
    try {
      const result = await perform({ ...open, within: open, last: Promise.resolve() }, work);
      savepoint.release();
      return result;
    } catch (error) {
      savepoint.rollback();
      throw error;
    }
  });
  open.last = run.catch(() => undefined);
  return run;
}

/** Resolves when what was begun within the work has ended, too. */
async function perform<T>(own: Work, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  try {
    return await works.run(own, work, own.transaction);
  } finally {
    for (let last; last !== own.last;) await (last = own.last);
    own.ended = true;
  }
}
