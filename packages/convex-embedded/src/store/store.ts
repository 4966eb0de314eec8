/** The store of one data directory. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { WriteLog } from "./writeLog";
import { ChangeLog } from "./changes/changeLog";
import { ChangeReads } from "./changes/changeReads";
import { CommitClock } from "./commitClock";
import { withExplainedErrors } from "./corruption";
import { DATABASE_FILE, finishRestore } from "./directory";
import { makeDurableDirectory } from "./durable";
import { openWriteConnection } from "./layout";
import { lockDirectory } from "./lock";
import type { DirectoryLock } from "./lock";
import { VectorCache } from "./vectorCache";
import { WalCheckpoint } from "./walCheckpoint";
import { WalSync } from "./walSync";
import { recordedPush, recordPush } from "./pushRecord";
import { addIndexes, applySchemas, checkSchemas } from "./schema";
import { fillSearchIndexes } from "./search/fillSearch";
import { SnapshotPool } from "./snapshots";
import type { StoreTransaction } from "./transaction";
import type {
  Catalog,
  ComponentSchema,
  DiskStore,
  LogSync,
  SchemaJSON,
  Snapshot,
  StoreFigures,
  StoreOptions,
  StoreStats,
  Transaction,
} from "./types";
import { Writer } from "./writer";
import { WriteConnection } from "./writeConnection";

const READERS = 4;
const LOG_BYTES = 64 * 1024 * 1024;

/**
 * Opens the store of a data directory and acquires the directory's lock. Creates a missing directory.
 *
 * @throws Error if another process holds the lock, the directory is not writable, or its database is corrupt or has a newer
 * format.
 */
export function openStore(options: StoreOptions): DiskStore {
  makeDirectory(options.directory);
  const lock = lockDirectory(options.directory);
  try {
    finishRestore(options.directory);
    const file = join(options.directory, DATABASE_FILE);
    const writes = withExplainedErrors(file, () => openWrites(file, options));
    const snapshots = new SnapshotPool(file, options.readers ?? READERS, writes.catalog);
    const { sync = new WalSync(file, writes.db.pragma("page_size") as number) } = options.hooks ?? {};
    const writer = new Writer(writes, snapshots, {
      sync,
      clock: new CommitClock(writes.db, options.now ?? Date.now),
      wal: new WalCheckpoint(writes.db, snapshots, options.logBytes ?? LOG_BYTES),
      hooks: options.hooks ?? {},
      patienceMs: options.patienceMs,
    });
    return new SqliteStore(lock, writes, snapshots, writer, sync);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openWrites(file: string, options: StoreOptions): WriteConnection {
  const db = openWriteConnection(file);
  try {
    // The writer syncs the log after a commit (`walSync.ts`) and checkpoints it between commits (`walCheckpoint.ts`).
    db.pragma("synchronous = NORMAL");
    db.pragma("wal_autocheckpoint = 0");
    return new WriteConnection(db, ChangeLog.open(db, options.changeLog, options.now ?? Date.now));
  } catch (error) {
    db.close();
    throw error;
  }
}

class SqliteStore implements DiskStore {
  readonly catalog: Catalog;
  readonly writeLog: WriteLog;
  readonly vectorCache: VectorCache;
  /** The tables from before a transaction that may replace them, `null` without one. */
  #committed: Catalog | null = null;
  #closing: Promise<void> | null = null;

  constructor(
    private readonly lock: DirectoryLock,
    private readonly writes: WriteConnection,
    private readonly snapshots: SnapshotPool,
    private readonly writer: Writer,
    private readonly sync: LogSync | null,
  ) {
    this.writeLog = writer.writeLog;
    this.vectorCache = new VectorCache(
      (work) => writer.run(() => Promise.resolve(work(writes.db))),
      (work) => snapshots.read(work),
    );
    const catalog = (): Catalog => this.#committed ?? writes.catalog;
    this.catalog = {
      table: (component, name) => catalog().table(component, name),
      tableByNumber: (component, number) => catalog().tableByNumber(component, number),
      components: () => catalog().components(),
      tables: (component) => catalog().tables(component),
    };
  }

  snapshot(): Snapshot {
    return this.snapshots.snapshot();
  }

  mutate<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.writer.run(work);
  }

  applySchema(component: string, schema: SchemaJSON | null, progress: (line: string) => void): Promise<void> {
    return this.applySchemas([{ component, schema }], progress);
  }

  async applySchemas(
    schemas: readonly ComponentSchema[],
    progress: (line: string) => void,
    pushed?: Uint8Array | null,
  ): Promise<void> {
    await fillSearchIndexes(this.writes, schemas, (work) => this.#alone(work), progress);
    await this.#alone(async () => {
      await applySchemas(this.writes, schemas, progress);
      if (pushed !== undefined) recordPush(this.writes.db, pushed);
    });
  }

  async fillIndexes(schemas: readonly ComponentSchema[], progress: (line: string) => void): Promise<void> {
    await fillSearchIndexes(this.writes, schemas, (work) => this.#alone(work), progress);
    await this.#alone(() => addIndexes(this.writes, schemas, progress));
  }

  exclusive<T>(work: (writes: WriteConnection, transaction: StoreTransaction) => Promise<T>): Promise<T> {
    return this.#alone((transaction) => work(this.writes, transaction));
  }

  async checkSchemas(schemas: readonly ComponentSchema[]): Promise<void> {
    const accepted = new Error("The schemas are valid: roll back");
    await this.#alone(async () => {
      await checkSchemas(this.writes, schemas);
      throw accepted;
    }).catch((error: unknown) => {
      if (error !== accepted) throw error;
    });
  }

  pushed(): Uint8Array | null {
    return recordedPush(this.writes.db);
  }

  readChanges<T>(work: (reads: ChangeReads) => T): T {
    return this.snapshots.read((db) => work(new ChangeReads(db)));
  }

  purgeChanges(before: number, limit: number): Promise<number> {
    const { changes } = this.writes;
    if (changes === null) return Promise.resolve(0);
    return this.writer.run(() => Promise.resolve(changes.purge(before, limit)));
  }

  /** Runs work alone. Until its commit is durable, queries see the tables and indexes from before, as their snapshots do. */
  #alone<T>(work: (transaction: StoreTransaction) => Promise<T>): Promise<T> {
    const run = (transaction: StoreTransaction): Promise<T> => {
      transaction.onSettled(() => (this.#committed = null));
      this.#committed = this.writes.catalog;
      return work(transaction);
    };
    return this.writer.run(run, { alone: true });
  }

  stats(): StoreStats {
    return { commits: this.writer.commits, executions: this.writer.executions, readers: this.snapshots.size };
  }

  figures(): StoreFigures {
    const { queued, rolledBack, failedCommits } = this.writer;
    const { name } = this.writes.db;
    return {
      ...this.stats(),
      queued,
      rolledBack,
      failedCommits,
      databaseBytes: sizeOf(name),
      logBytes: sizeOf(`${name}-wal`),
    };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.writer.close();
    this.snapshots.close();
    this.sync?.close();
    try {
      // Closing the last connection checkpoints and deletes the log.
      this.writes.db.close();
    } finally {
      this.lock.release();
    }
  }
}

/** Returns the size of a file in bytes, 0 if it does not exist. */
function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function makeDirectory(directory: string): void {
  try {
    makeDurableDirectory(directory);
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(
      `The data directory ${directory} cannot be created: ${reason}. Choose another directory.`,
      {
        cause: error,
      },
    );
  }
}
