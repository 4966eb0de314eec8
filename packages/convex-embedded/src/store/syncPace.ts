/**
 * Decides where the log is synced: in this thread while the disk is fast, else in another thread.
 *
 * A fast disk has the data in a tenth of a millisecond. Handing a sync to another thread takes just as long, and its end is noticed only in
 * a later turn of the event loop. On a slow disk, a sync in this thread would keep all requests waiting.
 */

/** A disk is fast while its syncs take at most this time on average, in milliseconds. */
const FAST_MS = 1;
/** The weight of a new sync in the average: one sync of 10 ms does not make a disk slow. */
const WEIGHT = 1 / 32;
/** How long syncs run in the other thread, in milliseconds, until one in this thread measures the disk again. Doubles each time. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

export class SyncPace {
  /** Null if the next sync in this thread alone decides. */
  #average: number | null = null;
  #pause = FIRST_PAUSE_MS;
  #slowUntil = -Infinity;

  /** True if the next sync should run in this thread. @param now In milliseconds, of a clock that never goes back. */
  isFast(now: number): boolean {
    return now >= this.#slowUntil;
  }

  /** Records a sync in this thread. @param now When it ended. @param took How long it took, in milliseconds. */
  record(now: number, took: number): void {
    const average = this.#average === null ? took : this.#average + (took - this.#average) * WEIGHT;
    if (average <= FAST_MS) {
      this.#average = average;
      this.#pause = FIRST_PAUSE_MS;
    } else {
      this.#average = null;
      this.#slowUntil = now + this.#pause;
      this.#pause = Math.min(this.#pause * 2, MAX_PAUSE_MS);
    }
  }
}
