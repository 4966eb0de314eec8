/** Limits the size of the database's write-ahead log. */
import { statSync } from "node:fs";
import type { SnapshotPool } from "./snapshots";
import type { Connection, Statement } from "./sqlite";

/** How long a checkpoint waits for the snapshots that block it. */
const DRAIN_MS = 2000;

/** The log is checkpointed after this many new pages (16 MiB), as far as readers do not need the older ones. */
const CHECKPOINT_PAGES = 4096;

/** The number of pages in the log, and of those that are in the database too. A restart of the log sets both to 0. */
export interface LogLength {
  readonly pages: number;
  readonly copied: number;
}

export class WalCheckpoint {
  /** Returns, without a checkpoint, whether it would be blocked, the pages of the log, and those already in the database. */
  readonly #counts: Statement<[], [blocked: number, pages: number, copied: number]>;
  #checkpointAt: number;
  /** The number of pages in the log that are not yet in the database, beyond which they are copied. */
  #copyAt = CHECKPOINT_PAGES;

  /** @param limit The size of the log in bytes beyond which it is checkpointed, even if that has to wait for queries. */
  constructor(
    private readonly db: Connection,
    private readonly snapshots: SnapshotPool,
    private readonly limit: number,
  ) {
    this.#checkpointAt = limit;
    this.#counts = db.prepare<[], [number, number, number]>("PRAGMA wal_checkpoint(NOOP)").raw();
  }

  /**
   * Checkpoints the log if it has many new pages, or exceeds its limit. Call this between commits.
   *
   * A checkpoint restarts the log only when no reader needs it, and under steady queries some reader always does. So beyond the
   * limit, writes pause here until all snapshots of older states are released. Then the log is checkpointed. It can be truncated
   * once the snapshots that were pinned meanwhile are released. Queries do not wait. If a query does not end in time, the log may
   * double in size before the next attempt.
   *
   * @param synced Resolves when all commits are durable. Until then, snapshots keep an older state.
   * @returns false if no checkpoint was due.
   */
  async checkpointIfDue(synced: () => Promise<void>): Promise<boolean> {
    if (this.#bytes() > this.#checkpointAt) {
      await synced();
      await this.#restart();
      return true;
    }
    if (this.#pages() >= this.#copyAt) {
      await synced();
      this.snapshots.unpinIdle();
      try {
        this.db.pragma("wal_checkpoint(PASSIVE)");
      } finally {
        // Also after a failure: a full disk would fail each time, and the commits would wait for it.
        this.#copyAt = this.#pages() + CHECKPOINT_PAGES;
      }
      return true;
    }
    return false;
  }

  async #restart(): Promise<void> {
    try {
      await this.snapshots.drain(DRAIN_MS);
      this.db.pragma("wal_checkpoint(PASSIVE)");
      await this.snapshots.drain(DRAIN_MS);
      // The connection must not wait for locks: readers run on this thread, so it would wait for itself.
      this.db.pragma("wal_checkpoint(TRUNCATE)");
    } finally {
      this.#checkpointAt = Math.max(this.limit, this.#bytes() * 2);
      this.#copyAt = this.#pages() + CHECKPOINT_PAGES;
    }
  }

  get length(): LogLength {
    const [, pages = 0, copied = 0] = this.#counts.get() ?? [];
    return { pages, copied };
  }

  #bytes(): number {
    return statSync(`${this.db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Returns the number of pages in the log that are not yet in the database. */
  #pages(): number {
    const { pages, copied } = this.length;
    return pages - copied;
  }
}
