/**
 * Serializes the database work of one execution.
 *
 * A nested function uses its caller's transaction. While it runs, the caller must not read or write: a rollback to the nested
 * function's savepoint would undo the caller's writes as well. Two nested mutations in a `Promise.all` would interleave
 * their savepoints. So each of them takes a turn, first come, first served.
 */
/** Placeholder for a turn that has just begun. */
const RUNNING = Promise.resolve();

export class SerialQueue {
  #last: Promise<unknown> | null = null;

  /** True while work holds a turn. If false, work that ends within this tick needs no turn. */
  get busy(): boolean {
    return this.#last !== null;
  }

  /** Runs `work` after all earlier turns have ended. Settles with the result of `work`. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.#last === null ? this.#begin(work) : this.#last.then(work);
    const ended: Promise<unknown> = turn.then(
      () => this.#end(ended),
      () => this.#end(ended),
    );
    this.#last = ended;
    return turn;
  }

  /** Resolves when no work holds a turn or waits for one. */
  async idle(): Promise<void> {
    while (this.#last !== null) await this.#last;
  }

  /** Starts work synchronously. Takes the turn first, so that calls made by the work see the queue as busy. */
  async #begin<T>(work: () => T | Promise<T>): Promise<T> {
    this.#last = RUNNING;
    return work();
  }

  #end(turn: Promise<unknown>): void {
    if (this.#last === turn) this.#last = null;
  }
}
