/**
 * Runs mutations one at a time on the write connection and commits them in groups.
 *
 * A commit is durable when the disk has it, which takes longer than most mutations. So all queued mutations share one SQLite
 * transaction and one sync. Each runs in its own savepoint, so that a mutation that throws undoes only its own writes:
 *
 * ```text
 * BEGIN IMMEDIATE
 *   SAVEPOINT execution   items:create "a"   RELEASE                  will be answered with its result
 *   SAVEPOINT execution   items:create "b"   throws → ROLLBACK TO     will be answered with its error
 *   SAVEPOINT execution   items:create "c"   RELEASE                  will be answered with its result
 * COMMIT                                                              writes the log
 * sync of the log                                                     then all three are answered
 * ```
 *
 * Before each group, the writer waits until the requests that begin in this turn of the event loop have queued their mutations
 * (`settling.ts`). A group ends after 256 executions or 10 ms. If the COMMIT fails, every mutation of the group is rejected, since
 * none of them was written. A schema change runs alone in its group. An execution uses the writer through `transaction.ts`.
 *
 * A slow disk is synced in another thread (`walSync.ts`). The next group runs meanwhile, and one sync serves all groups that were
 * committed before it. Queries and the write log do not see a group before it is durable, so that no reply contains data which a
 * power loss undoes. If a sync fails, the disk may have lost pages that a second sync would not write again, so the writer stops.
 */
import { settling } from "./settling";
import { WriteLog } from "./writeLog";
import type { CatalogState } from "./catalog";
import type { CommitClock } from "./commitClock";
import { explainError } from "./corruption";
import { recoverFromFailedCommit, errorMessage, syncFailed, WriterStopped } from "./failedCommit";
import { ForeignLock } from "./foreignLock";
import type { LogLength, WalCheckpoint } from "./walCheckpoint";
import type { Pin, SnapshotPool } from "./snapshots";
import type { Statement } from "./sqlite";
import { StoreTransaction } from "./transaction";
import type { Catalog, LogSync, StoreHooks } from "./types";
import type { WriteConnection } from "./writeConnection";

/** A group commits after this many executions or milliseconds, even if the queue is not empty. */
const GROUP_SIZE = 256;
const GROUP_MS = 10;
/**
 * If at least this many executions are queued, no sync is pending and syncs run in another thread, the next group takes only half of
 * them. The others run during the sync of that group.
 */
const HALVED_FROM = 8;

/** The maximum number of groups that wait for a sync. Each one keeps a connection open. */
const MAX_UNSYNCED = 16;
/** A group that has written more pages (4 MiB) is synced in another thread, also on a fast disk. */
const MANY_PAGES = 1024;

export interface WriterOptions {
  readonly clock: CommitClock;
  readonly wal: WalCheckpoint;
  /** Makes commits durable. Null for tests that need no durability: a commit then counts as durable. */
  readonly sync: LogSync | null;
  readonly hooks: StoreHooks;
  /** How long a write waits for a lock of another process, in milliseconds. Default 2000. */
  readonly patienceMs?: number | undefined;
}

interface Job {
  /** True for a schema change, which runs alone in its group. */
  readonly alone: boolean;
  readonly run: (transaction: StoreTransaction) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** A committed group that is not yet durable. */
interface Group {
  readonly outcomes: readonly Outcome[];
  /** The state after its commit, which queries see once it is durable. Null if it could not be pinned: the next group then waits. */
  readonly state: Pin | null;
  /** The tables and indexes after its commit. */
  readonly catalog: Catalog;
  /** The number of pages in the log before its commit. Null if it could not be read. */
  readonly logBefore: number | null;
}

/** The result of an execution, which reaches its caller when its group is durable. */
interface Outcome {
  readonly job: Job;
  readonly transaction: StoreTransaction;
  readonly settle: () => void;
  /** True if the work succeeded. The result of the commit then decides the outcome. */
  readonly succeeded: boolean;
  /** The database error that rolled back the whole group. The caller then gets the error of the commit. */
  readonly broken?: unknown;
}

export class Writer {
  commits = 0;
  executions = 0;
  /** Executions whose work threw. */
  rolledBack = 0;
  /** Groups that could not begin or commit. */
  failedCommits = 0;
  readonly writeLog = new WriteLog();
  readonly #queue: Job[] = [];
  /** In the order of their commits. */
  readonly #unsynced: Group[] = [];
  /** The length of the log after the last commit or checkpoint. */
  #log: LogLength | null;
  #pump: Promise<void> | null = null;
  /** Resolves when all committed groups are durable or lost. Null if they are. */
  #syncing: Promise<void> | null = null;
  #stopped: WriterStopped | null = null;
  #closed = false;
  readonly #lock: ForeignLock;
  readonly #sql: Readonly<Record<"begin" | "commit" | "savepoint" | "release", Statement>>;

  constructor(
    private readonly writes: WriteConnection,
    private readonly snapshots: SnapshotPool,
    private readonly options: WriterOptions,
  ) {
    // SQLite itself must not wait for locks: that would block the event loop.
    writes.db.pragma("busy_timeout = 0");
    this.#log = orNull(() => options.wal.length);
    this.#lock = new ForeignLock(writes.db.name, options);
    this.#sql = {
      begin: writes.db.prepare("BEGIN IMMEDIATE"),
      commit: writes.db.prepare("COMMIT"),
      savepoint: writes.db.prepare("SAVEPOINT execution"),
      release: writes.db.prepare("RELEASE execution"),
    };
  }

  /** Executions that wait for the writer. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Runs work as one execution. Settles when its group is durable or has failed. */
  run<T>(work: (transaction: StoreTransaction) => Promise<T>, options: { alone?: boolean } = {}): Promise<T> {
    if (this.#stopped) return Promise.reject(this.#stopped);
    if (this.#closed) return Promise.reject(new Error("The store is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({
        alone: options.alone ?? false,
        run: work,
        resolve: resolve as Job["resolve"],
        reject,
      });
      this.#pump ??= this.#work();
    });
  }

  /** Refuses new work. Resolves when the queued work is done. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pump;
    await this.#syncing;
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      await settling.soon();
      await this.#group();
      if (this.#stopped) continue;
      try {
        if (!(await this.options.wal.checkpointIfDue(() => this.#synced()))) continue;
      } catch (error) {
        // The data is committed, and the next commit tries again.
        process.emitWarning(
          `The log of ${this.writes.db.name} could not be checkpointed: ${errorMessage(error)}`,
        );
      }
      this.#log = orNull(() => this.options.wal.length);
    }
    this.#pump = null;
  }

  async #group(): Promise<void> {
    const { db, catalog } = this.writes;
    const outcomes: Outcome[] = [];
    const size = this.#nextSize();
    let running: Job | undefined;
    try {
      this.#assertRunning();
      this.snapshots.takeBack();
      await this.#lock.begin(() => this.#sql.begin.run());
      // Forgets the rows that were read before: another process may have changed them.
      this.writes.version++;
    } catch (error) {
      this.failedCommits++;
      // The same error would affect all queued work, so reject all of it.
      const reason = explainError(db.name, error);
      for (const { reject } of this.#queue.splice(0)) reject(reason);
      return;
    }
    try {
      const started = performance.now();
      while ((running = this.#next(outcomes, size, started))) {
        const outcome = await this.#execute(running);
        outcomes.push(outcome);
        // After some errors (disk full, I/O), SQLite rolls back the whole transaction, not only the statement.
        if (!db.inTransaction) {
          const { broken: cause = "an error of the database rolled back the whole group" } = outcome;
          throw new Error(errorMessage(cause), { cause });
        }
        if (running.alone) break;
      }
      running = undefined;
      this.options.hooks.beforeCommit?.();
      // A sync may have failed meanwhile.
      this.#assertRunning();
      this.snapshots.keepNewest();
      this.#sql.commit.run();
    } catch (error) {
      this.failedCommits++;
      this.writes.catalog = catalog;
      this.writes.version++;
      const failed = recoverFromFailedCommit(db, error);
      if (failed instanceof WriterStopped) this.#stopped ??= failed;
      // The executions may have read groups that are not durable.
      await this.#syncing;
      const reason = this.#stopped ?? failed;
      this.#reject(outcomes, reason, this.#stopped !== null);
      // Does nothing if the job is among the outcomes.
      running?.reject(reason);
      return;
    }
    this.options.hooks.afterCommit?.();
    this.commits++;
    await this.#committed(outcomes);
  }

  /** Makes a group durable after its COMMIT, which cannot be taken back: errors of a corrupt file must not end it here. */
  async #committed(outcomes: readonly Outcome[]): Promise<void> {
    const { catalog } = this.writes;
    const { sync, wal } = this.options;
    const before = this.#log;
    this.#log = orNull(() => wal.length);
    const logBefore = before && this.#log && pagesBefore(before, this.#log);
    const isLarge = (this.#log?.pages ?? 0) - (logBefore ?? 0) > MANY_PAGES;
    const inBackground = sync !== null && (sync.inBackground || isLarge);
    // Queries may run before a sync in the background ends.
    const state = inBackground ? orNull(() => this.snapshots.pinCommitted(catalog)) : null;
    this.#unsynced.push({ outcomes, state, catalog, logBefore });
    if (this.#syncing === null) {
      const syncing = this.#sync();
      if (this.#unsynced.length > 0) this.#syncing = syncing;
      else if (this.#stopped === null) this.snapshots.lend(this.writes);
    }
    const isAlone = outcomes.some(({ job }) => job.alone);
    if (state === null || isAlone || this.#unsynced.length >= MAX_UNSYNCED) await this.#syncing;
  }

  /** Makes all committed groups durable and answers their callers, within this call if the disk is fast. */
  async #sync(): Promise<void> {
    while (this.#unsynced.length > 0) {
      const { length } = this.#unsynced;
      try {
        const inBackground = this.#unsynced.some(({ state }) => state !== null);
        const pending = this.options.sync?.sync(inBackground);
        if (pending !== undefined) await pending;
      } catch (error) {
        this.#lose(error);
        break;
      }
      this.#answer(this.#unsynced.splice(0, length));
    }
    this.#syncing = null;
  }

  /** Resolves when all commits are durable. @throws WriterStopped if one could not be stored. */
  async #synced(): Promise<void> {
    await this.#syncing;
    this.#assertRunning();
  }

  /** @throws WriterStopped */
  #assertRunning(): void {
    if (this.#stopped) throw this.#stopped;
  }

  /** Answers the callers of durable groups. */
  #answer(groups: readonly Group[]): void {
    for (const { outcomes, state, catalog } of groups) {
      for (const { settle, succeeded } of outcomes) {
        if (succeeded) this.executions++;
        else this.rolledBack++;
        settle();
      }
      // This runs before any caller continues: their promises settle in a later microtask.
      this.snapshots.publish(state, catalog);
      this.#record(outcomes, true);
      for (const { transaction } of outcomes) transaction.callSettled();
    }
  }

  /**
   * Stops after a failed sync. Removes the lost groups from the log, because recovery would apply them although their callers are
   * refused. Queries keep the last durable state.
   */
  #lose(error: unknown): void {
    const lost = this.#unsynced.splice(0);
    this.#stopped = syncFailed(error, () => {
      const length = lost[0]?.logBefore ?? null;
      if (length === null) throw new Error("The length of the log is unknown");
      this.options.sync?.truncate(length);
    });
    let undone = false;
    for (const { outcomes, state } of lost) {
      this.failedCommits++;
      this.snapshots.release(state);
      undone = this.#reject(outcomes, this.#stopped, undone);
    }
  }

  /**
   * Rejects the executions of a group whose commit failed. Their own errors stay, except of those that ran after writes which are
   * undone: they may have failed because of these writes.
   *
   * @param undone True if writes before the group are undone. @returns the same for the next group.
   */
  #reject(outcomes: readonly Outcome[], reason: Error, undone = false): boolean {
    for (const { job, settle, succeeded, transaction } of outcomes) {
      if (succeeded || undone) job.reject(reason);
      else settle();
      undone ||= succeeded;
      transaction.callSettled();
    }
    this.#record(outcomes, false);
    return undone;
  }

  /** Adds a group to the write log. Queries may have seen a new table before its commit, so a failed group can count as well. */
  #record(outcomes: readonly Outcome[], committed: boolean): void {
    if (outcomes.some(({ job, transaction: { writeSet } }) => job.alone || writeSet.createdTable)) {
      this.writeLog.appendUnknown();
    } else if (committed) {
      this.writeLog.append(
        outcomes.flatMap(({ succeeded, transaction: { writeSet } }) => (succeeded ? [writeSet] : [])),
      );
    }
  }

  /** Returns how many executions the next group may have. */
  #nextSize(): number {
    const { length } = this.#queue;
    const halved = length >= HALVED_FROM && this.#unsynced.length === 0 && this.options.sync?.inBackground;
    return halved ? Math.min(Math.ceil(length / 2), GROUP_SIZE) : GROUP_SIZE;
  }

  /** Returns the next execution of the group, `undefined` when the group is complete. */
  #next(outcomes: readonly Outcome[], size: number, started: number): Job | undefined {
    if (outcomes.length >= size || performance.now() - started > GROUP_MS) return undefined;
    const alone = this.#queue[0]?.alone ?? false;
    return alone && outcomes.length > 0 ? undefined : this.#queue.shift();
  }

  /** Runs an execution in its savepoint. Throws or rejects if the savepoint cannot begin or end: the group then fails. */
  #execute(job: Job): Promise<Outcome> {
    const { catalog } = this.writes;
    this.#sql.savepoint.run();
    const transaction = new StoreTransaction(this.writes, () => this.options.clock.next());
    const failed = (error: unknown): Outcome => this.#failed(job, transaction, catalog, error);
    const succeeded = (value: unknown): Outcome => {
      try {
        transaction.finish();
        this.#sql.release.run();
        return { job, transaction, succeeded: true, settle: () => job.resolve(value) };
      } catch (error) {
        return failed(error);
      }
    };
    // No `async` function, which would cost another promise: every mutation runs through here.
    try {
      return job.run(transaction).then(succeeded, failed);
    } catch (error) {
      return Promise.resolve(failed(error));
    }
  }

  /** Undoes the writes of an execution that failed. @param catalog The catalog before it. */
  #failed(job: Job, transaction: StoreTransaction, catalog: CatalogState, error: unknown): Outcome {
    const { db } = this.writes;
    transaction.end();
    try {
      if (db.inTransaction) db.exec("ROLLBACK TO execution; RELEASE execution");
    } catch {
      // The execution then fails with its group.
      if (db.inTransaction) db.exec("ROLLBACK");
    }
    this.writes.catalog = catalog;
    this.writes.version++;
    const reason = explainError(db.name, error);
    const settle = (): void => job.reject(reason);
    // If the database rolled back the transaction, the job gets the error of the commit and may be retried.
    return db.inTransaction
      ? { job, transaction, succeeded: false, settle }
      : { job, transaction, succeeded: true, settle, broken: reason };
  }
}

/**
 * Returns how many pages of the log are older than a commit, from the lengths before and after it. If the whole log is in the database, a
 * commit restarts it: it writes its pages at the start.
 */
function pagesBefore(before: LogLength, after: LogLength): number {
  return after.pages < before.pages || after.copied < before.copied ? 0 : before.pages;
}

/** Returns the result of work, null if it throws. */
function orNull<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
