/** The write-ahead log of the database, and how it is kept from growing. */
import { statSync } from "node:fs";
import type { SnapshotPool } from "./snapshots";
import type { Connection } from "./sqlite";

/** How long folding waits for the snapshots that hold the log back. */
const DRAIN_MS = 2000;

export class WalCheckpoint {
  #foldAt: number;

  /** @param limit the size in bytes from which on the log is folded, though that means waiting for queries. */
  constructor(
    private readonly db: Connection,
    private readonly snapshots: SnapshotPool,
    private readonly limit: number,
  ) {
    this.#foldAt = limit;
  }

  /**
   * To be called between commits: folds the log into the database if it has grown beyond its limit.
   *
   * SQLite does that itself, but begins a log anew only when no reader needs it, and under steady queries there always
   * is one. So writing pauses here until all snapshots of older states are released; the log is folded in; and once
   * those are gone that were pinned meanwhile, it can be emptied. Queries are not held up. Where one does not end in
   * time, the log may double before the next attempt.
   */
  async checkpointIfLarge(): Promise<void> {
    if (this.#bytes() <= this.#foldAt) return;
    try {
      await this.snapshots.drain(DRAIN_MS);
      this.db.pragma("wal_checkpoint(PASSIVE)");
      await this.snapshots.drain(DRAIN_MS);
      // The connection does not wait for locks: this thread is also the readers', and would wait for itself.
      this.db.pragma("wal_checkpoint(TRUNCATE)");
    } finally {
      this.#foldAt = Math.max(this.limit, this.#bytes() * 2);
    }
  }

  #bytes(): number {
    return statSync(`${this.db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }
}
