/** Limits the size of the database's write-ahead log. */
import { statSync } from "node:fs";
import type { SnapshotPool } from "./snapshots";
import type { Connection } from "./sqlite";

/** How long a checkpoint waits for the snapshots that block it. */
const DRAIN_MS = 2000;

export class WalCheckpoint {
  #checkpointAt: number;

  /** @param limit The size of the log in bytes beyond which it is checkpointed, even if that has to wait for queries. */
  constructor(
    private readonly db: Connection,
    private readonly snapshots: SnapshotPool,
    private readonly limit: number,
  ) {
    this.#checkpointAt = limit;
  }

  /**
   * Checkpoints the log if it exceeds its limit. Call this between commits.
   *
   * SQLite's own checkpoints restart the log only when no reader needs it, and under steady queries some reader always does. So
   * writes pause here until all snapshots of older states are released. Then the log is checkpointed. It can be truncated once the
   * snapshots that were pinned meanwhile are released. Queries do not wait. If a query does not end in time, the log may double in
   * size before the next attempt.
   */
  async checkpointIfLarge(): Promise<void> {
    if (this.#bytes() <= this.#checkpointAt) return;
    try {
      await this.snapshots.drain(DRAIN_MS);
      this.db.pragma("wal_checkpoint(PASSIVE)");
      await this.snapshots.drain(DRAIN_MS);
      // The connection must not wait for locks: readers run on this thread, so it would wait for itself.
      this.db.pragma("wal_checkpoint(TRUNCATE)");
    } finally {
      this.#checkpointAt = Math.max(this.limit, this.#bytes() * 2);
    }
  }

  #bytes(): number {
    return statSync(`${this.db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  }
}
