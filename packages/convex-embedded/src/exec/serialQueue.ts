/**
 * The order of one execution's database work.
 *
 * A nested function runs on its caller's transaction. While it runs, the caller must not read or write there, or its
 * own writes would be rolled back with the nested function's savepoint, and `Promise.all` of two nested mutations
 * would interleave their savepoints. So each takes its turn, first come, first served.
 */
/** What nobody waits for: it stands in for a turn that has just begun. */
const RUNNING = Promise.resolve();

export class SerialQueue {
  #last: Promise<unknown> | null = null;

  /** True while something holds a turn. If false, work that ends within this tick needs no turn. */
  get busy(): boolean {
    return this.#last !== null;
  }

  /** Runs `work` when all turns taken before have ended. Settles as `work` does. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.#last === null ? this.#begin(work) : this.#last.then(work);
    const ended: Promise<unknown> = turn.then(
      () => this.#end(ended),
      () => this.#end(ended),
    );
    this.#last = ended;
    return turn;
  }

  /** Resolves when no turn is held or waited for. */
  async idle(): Promise<void> {
    while (this.#last !== null) await this.#last;
  }

  /** At once. It has its turn before it begins, so that what it does finds the turn taken. */
  async #begin<T>(work: () => T | Promise<T>): Promise<T> {
    this.#last = RUNNING;
    return work();
  }

  #end(turn: Promise<unknown>): void {
    if (this.#last === turn) this.#last = null;
  }
}
