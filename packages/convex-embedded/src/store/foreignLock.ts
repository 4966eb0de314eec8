/** Waits for another process that has locked the database, without blocking the event loop. */
import { setTimeout as pause } from "node:timers/promises";
import { SqliteError } from "./sqliteError";
import { StoreUnavailable } from "./unavailable";

/** How long a write waits for the lock, in milliseconds. */
const PATIENCE_MS = 2000;
const FIRST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/** When to give up on a lock that another process holds. */
export interface ForeignLockOptions {
  /** Milliseconds. Default 2000. */
  readonly patienceMs?: number | undefined;
}

/**
 * Takes the write lock of a database.
 *
 * The first write that meets a foreign lock waits for it, up to a limit. While the lock is held beyond that limit, later
 * writes are refused at once: the lock has shown that it will be held for long, and each of them would otherwise wait as
 * long as the first one.
 */
export class ForeignLock {
  readonly #patienceMs: number;
  /** When the lock that is held now was first met, and when it was last met. From `performance.now()`. */
  #since = -Infinity;
  #last = -Infinity;

  constructor(
    private readonly file: string,
    { patienceMs = PATIENCE_MS }: ForeignLockOptions,
  ) {
    this.#patienceMs = patienceMs;
  }

  /**
   * @param begin starts the transaction. It must not wait.
   * @throws StoreUnavailable if the lock is held for too long; what `begin` throws for any other reason.
   */
  async begin(begin: () => void): Promise<void> {
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
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
    // Nothing was written for a while, so this may be another lock.
    if (now - this.#last > this.#patienceMs) this.#since = now;
    this.#last = now;
    if (now - this.#since < this.#patienceMs) return;
    throw new StoreUnavailable(
      `The database ${this.file} is locked by another process. Nothing was written. End the transaction of that process.`,
      { cause },
    );
  }
}
