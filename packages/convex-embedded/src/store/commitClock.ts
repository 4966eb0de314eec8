/** Commit timestamps: nanoseconds since 1970, strictly increasing, even across restarts and clock changes. */
import type { Connection } from "./sqlite";

const NANOSECONDS_PER_MILLISECOND = 1_000_000n;

export class CommitClock {
  #last: bigint;

  /** @param now Returns milliseconds since 1970. */
  constructor(
    private readonly db: Connection,
    private readonly now: () => number,
  ) {
    const stored = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'commit_ts'").pluck().get();
    this.#last = BigInt(stored ?? 0);
  }

  /** Returns the next timestamp and records it in the open transaction. */
  next(): bigint {
    const now = BigInt(Math.floor(this.now())) * NANOSECONDS_PER_MILLISECOND;
    this.#last = now > this.#last ? now : this.#last + 1n;
    this.db
      .prepare("INSERT OR REPLACE INTO meta (key, value) VALUES ('commit_ts', ?)")
      .run(String(this.#last));
    return this.#last;
  }
}
