/** Waits for another process that has locked the database, without blocking the event loop. */
import { setTimeout as pause } from "node:timers/promises";
import { SqliteError } from "./sqliteError";
import { StoreUnavailable } from "./unavailable";

/** How long a write waits for the lock. */
const PATIENCE_MS = 2000;
const FIRST_PAUSE_MS = 2;
const MAX_PAUSE_MS = 50;

/** Options for waiting on a lock that another process holds. */
export interface ForeignLockOptions {
  /** How long a write waits, in milliseconds. Default 2000. */
  readonly patienceMs?: number | undefined;
}

/**
 * Takes the write lock of a database.
 *
 * If another process holds the lock, the first write waits for it, up to a limit. While the lock is held beyond that limit, later
 * writes are refused immediately: the holder keeps the lock for long, and each of them would otherwise wait in vain.
 */
export class ForeignLock {
  readonly #patienceMs: number;
  /** The times of the first and the last attempt that found the current lock, from `performance.now()`. */
  #since = -Infinity;
  #last = -Infinity;

  constructor(
    private readonly file: string,
    { patienceMs = PATIENCE_MS }: ForeignLockOptions,
  ) {
    this.#patienceMs = patienceMs;
  }

  /**
   * @param begin Starts the transaction. It must not wait for the lock.
   * @throws StoreUnavailable if the lock is held for too long. Rethrows other errors of `begin`.
   */
  async begin(begin: () => void): Promise<void> {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, MAX_PAUSE_MS)) {
      try {
        begin();
        this.#since = this.#last = -Infinity;
        return;
      } catch (error) {
        if (!(error instanceof SqliteError) || error.code !== "SQLITE_BUSY") throw error;
        this.#assertPatience(error);
      }
      await pause(wait);
    }
  }

  #assertPatience(cause: SqliteError): void {
    const now = performance.now();
    // The last attempt is long ago, so this may be another lock.
    if (now - this.#last > this.#patienceMs) this.#since = now;
    this.#last = now;
    if (now - this.#since < this.#patienceMs) return;
    throw new StoreUnavailable(
      `The database ${this.file} is locked by another process. Nothing was written. End the transaction of that process.`,
      { cause },
    );
  }
}
