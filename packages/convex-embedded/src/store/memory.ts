/**
 * An in-memory store for tests. It has no file and no lock, and needs no `close`.
 *
 * It shares transactions, schemas, ids and index keys with the store on disk. Only the storage of rows differs. It waits for
 * neither disks nor timers, so tests may fake timers.
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

/** The work that the running code is part of. All stores share it: each `AsyncLocalStorage` adds cost to every promise. */
const works = new AsyncLocalStorage<Work>();

interface Work {
  readonly store: MemoryStore;
  readonly transaction: StoreTransaction;
  /** The enclosing work, of this store or another one, if any. */
  readonly within: Work | undefined;
  ended: boolean;
  /** The last work that was started within this one. */
  last: Promise<unknown>;
}

/** @param now Returns milliseconds since 1970, for commit timestamps. */
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
      if (released)
        throw new Error(
          "This snapshot is released: its query has ended. Await every read before the query returns.",
        );
      return committed;
    };
    return {
      get catalog() {
        return reader().catalog;
      },
      get: (table, internalId) => reader().get(table, internalId),
      scan(index, range, order) {
        const cursor = reader().scan(index, range, order);
        return { next: () => (reader(), cursor.next()) };
      },
      search(table, index, query) {
        const results = reader().search(table, index, query);
        return { matches: results.matches, json: (i) => (reader(), results.json(i)) };
      },
      release: () => {
        released = true;
      },
    };
  }

  /**
   * Like the store on disk, with one exception: a test may call functions in the middle of a transaction. Such nested work would
   * wait for itself, so it runs as a part of the enclosing transaction.
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

/** Runs work in a savepoint of the enclosing work, after the work that was started there earlier. */
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

/** Runs work. Settles after all nested work has ended as well. */
async function perform<T>(own: Work, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  try {
    return await works.run(own, work, own.transaction);
  } finally {
    for (let last; last !== own.last;) await (last = own.last);
    own.ended = true;
  }
}
