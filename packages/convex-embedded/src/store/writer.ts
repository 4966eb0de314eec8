/**
 * The queue before the one connection that writes, and the group commit behind it.
 *
 * A group waits for one turn of the event loop, which lets in what has arrived. Then its executions run one after the
 * other, each in a savepoint of one SQLite transaction, the group commits, and only then its callers are answered. One
 * wait for the disk serves them all, and however busy the loop is, a write passes through it once.
 */
import { setImmediate as turn } from "node:timers/promises";
import { Changes } from "./changes";
import type { CommitClock } from "./commitClock";
import { afterFailedCommit, messageOf, WriterStopped } from "./failedCommit";
import { explained } from "./damage";
import type { Log } from "./log";
import type { SnapshotPool } from "./snapshots";
import type { Statement } from "./sqlite";
import { StoreTransaction } from "./transaction";
import type { StoreHooks } from "./types";
import type { Writes } from "./writing";

/** However busy the queue is, its first callers are answered after this many executions or milliseconds. */
const GROUP_SIZE = 256;
const GROUP_MS = 10;

export interface WriterOptions {
  readonly clock: CommitClock;
  readonly log: Log;
  readonly hooks: StoreHooks;
}

interface Job {
  /** Alone in its group, and outside of `mutate`'s order of things: schema changes. */
  readonly alone: boolean;
  readonly run: (transaction: StoreTransaction) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** What to do with an execution's caller, depending on the commit. */
interface Outcome {
  readonly job: Job;
  readonly transaction: StoreTransaction;
  readonly settle: () => void;
  /** Its work succeeded, so that the commit decides. */
  readonly succeeded: boolean;
}

export class Writer {
  commits = 0;
  executions = 0;
  readonly changes = new Changes();
  readonly #queue: Job[] = [];
  #pump: Promise<void> | null = null;
  #stopped: WriterStopped | null = null;
  #closed = false;
  readonly #sql: Readonly<Record<"begin" | "commit" | "savepoint" | "release", Statement>>;

  constructor(
    private readonly writes: Writes,
    private readonly snapshots: SnapshotPool,
    private readonly options: WriterOptions,
  ) {
    this.#sql = {
      begin: writes.db.prepare("BEGIN IMMEDIATE"),
      commit: writes.db.prepare("COMMIT"),
      savepoint: writes.db.prepare("SAVEPOINT execution"),
      release: writes.db.prepare("RELEASE execution"),
    };
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

  /** Takes no more work and resolves when what is queued is done. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#pump;
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) {
      await turn();
      await this.#group();
      try {
        await this.options.log.fold();
      } catch (error) {
        // Everything is committed, and the next commit tries again.
        process.emitWarning(`The log of ${this.writes.db.name} could not be folded in: ${messageOf(error)}`);
      }
    }
    this.#pump = null;
  }

  async #group(): Promise<void> {
    const { db, catalog } = this.writes;
    const outcomes: Outcome[] = [];
    const [head] = this.#queue;
    let running: Job | undefined;
    try {
      if (this.#stopped) throw this.#stopped;
      this.#sql.begin.run();
    } catch (error) {
      this.#queue.shift();
      head?.reject(error);
      return;
    }
    try {
      const started = performance.now();
      while ((running = this.#next(outcomes, started))) {
        outcomes.push(await this.#execute(running));
        // Some errors (disk full, I/O) make SQLite roll back all of the transaction, not the statement only.
        if (!db.inTransaction) throw new Error("an error of the database rolled back the whole group");
        if (running.alone) break;
      }
      running = undefined;
      this.options.hooks.beforeCommit?.();
      this.snapshots.rest();
      this.#sql.commit.run();
    } catch (error) {
      this.writes.catalog = catalog;
      this.writes.changes++;
      const failed = afterFailedCommit(db, error);
      if (failed instanceof WriterStopped) this.#stopped = failed;
      for (const { job, settle, succeeded, transaction } of outcomes) {
        if (succeeded) job.reject(failed);
        else settle();
        transaction.settled();
      }
      // Unless it is among the outcomes, in which case this does nothing.
      running?.reject(failed);
      this.#note(outcomes, false);
      return;
    }
    this.options.hooks.afterCommit?.();
    this.commits++;
    for (const { settle, succeeded } of outcomes) {
      if (succeeded) this.executions++;
      settle();
    }
    // Before any caller goes on: they do that in a later turn.
    this.snapshots.committed();
    this.#note(outcomes, true);
    for (const { transaction } of outcomes) transaction.settled();
  }

  /** Notes what a group has changed. A table that was made could be seen before, and is gone with its transaction. */
  #note(outcomes: readonly Outcome[], committed: boolean): void {
    if (outcomes.some(({ job, transaction: { touched } }) => job.alone || touched.madeTable)) {
      this.changes.committedAnything();
    } else if (committed) {
      this.changes.committed(
        outcomes.flatMap(({ succeeded, transaction: { touched } }) => (succeeded ? [touched] : [])),
      );
    }
  }

  /** The next execution of the group, or nothing when the group is complete. */
  #next(outcomes: readonly Outcome[], started: number): Job | undefined {
    if (outcomes.length >= GROUP_SIZE || performance.now() - started > GROUP_MS) return undefined;
    const alone = this.#queue[0]?.alone ?? false;
    return alone && outcomes.length > 0 ? undefined : this.#queue.shift();
  }

  async #execute(job: Job): Promise<Outcome> {
    const { db, catalog } = this.writes;
    this.#sql.savepoint.run();
    const transaction = new StoreTransaction(this.writes, () => this.options.clock.next());
    try {
      const value = await job.run(transaction);
      transaction.finish();
      this.#sql.release.run();
      return { job, transaction, succeeded: true, settle: () => job.resolve(value) };
    } catch (error) {
      transaction.end();
      if (db.inTransaction) db.exec("ROLLBACK TO execution; RELEASE execution");
      this.writes.catalog = catalog;
      this.writes.changes++;
      const reason = explained(db.name, error);
      return { job, transaction, succeeded: false, settle: () => job.reject(reason) };
    }
  }
}
