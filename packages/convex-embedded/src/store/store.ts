/** The store of one data directory. */
import { join } from "node:path";
import type { WriteLog } from "./writeLog";
import { CommitClock } from "./commitClock";
import { withExplainedErrors } from "./corruption";
import { DATABASE_FILE, finishRestore } from "./directory";
import { makeDurableDirectory } from "./durable";
import { openWriteConnection } from "./layout";
import { lockDirectory } from "./lock";
import type { DirectoryLock } from "./lock";
import { WalCheckpoint } from "./walCheckpoint";
import { applySchemas } from "./schema";
import { fillSearchIndexes } from "./search/fillSearch";
import { SnapshotPool } from "./snapshots";
import type {
  Catalog,
  ComponentSchema,
  SchemaJSON,
  Snapshot,
  Store,
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
export function openStore(options: StoreOptions): Store {
  makeDirectory(options.directory);
  const lock = lockDirectory(options.directory);
  try {
    finishRestore(options.directory);
    const file = join(options.directory, DATABASE_FILE);
    const writes = withExplainedErrors(
      file,
      () => new WriteConnection(openWriteConnection(file, options.synchronous ?? "FULL")),
    );
    const snapshots = new SnapshotPool(file, options.readers ?? READERS);
    const writer = new Writer(writes, snapshots, {
      clock: new CommitClock(writes.db, options.now ?? Date.now),
      wal: new WalCheckpoint(writes.db, snapshots, options.logBytes ?? LOG_BYTES),
      hooks: options.hooks ?? {},
      patienceMs: options.patienceMs,
    });
    return new SqliteStore(lock, writes, snapshots, writer);
  } catch (error) {
    lock.release();
    throw error;
  }
}

class SqliteStore implements Store {
  readonly catalog: Catalog;
  readonly writeLog: WriteLog;
  #closing: Promise<void> | null = null;

  constructor(
    private readonly lock: DirectoryLock,
    private readonly writes: WriteConnection,
    private readonly snapshots: SnapshotPool,
    private readonly writer: Writer,
  ) {
    this.writeLog = writer.writeLog;
    this.catalog = {
      table: (component, name) => writes.catalog.table(component, name),
      tableByNumber: (component, number) => writes.catalog.tableByNumber(component, number),
      components: () => writes.catalog.components(),
      tables: (component) => writes.catalog.tables(component),
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

  async applySchemas(schemas: readonly ComponentSchema[], progress: (line: string) => void): Promise<void> {
    const alone = <T>(work: () => Promise<T>): Promise<T> => this.writer.run(work, { alone: true });
    await fillSearchIndexes(this.writes, schemas, alone, progress);
    await alone(() => applySchemas(this.writes, schemas, progress));
  }

  stats(): StoreStats {
    return { commits: this.writer.commits, executions: this.writer.executions, readers: this.snapshots.size };
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    await this.writer.close();
    this.snapshots.close();
    try {
      // Closing the last connection checkpoints and deletes the log.
      this.writes.db.close();
    } finally {
      this.lock.release();
    }
  }
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
