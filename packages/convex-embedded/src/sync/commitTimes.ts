/** The timestamps of commits, in nanoseconds since 1970. They increase with each commit. */

export class CommitTimes {
  #last: bigint;

  /** @param clock returns milliseconds since 1970. */
  constructor(private readonly clock: () => number) {
    this.#last = this.#now();
  }

  /** The timestamp of the last commit. */
  get last(): bigint {
    return this.#last;
  }

  /** Call this after each commit. */
  committed(): void {
    const now = this.#now();
    this.#last = now > this.#last ? now : this.#last + 1n;
  }

  #now(): bigint {
    return BigInt(Math.trunc(this.clock())) * 1_000_000n;
  }
}
