/** Creation times increase strictly, so that documents sort in insertion order. */
import { creationIndex } from "./catalog";
import { encodeKey } from "../values/keys";
import type { Store } from "./types";

// Doubles near the current time are 2^-12 ms apart, so adding 2^-10 is exact.
const STEP_MS = 1 / 1024;

/** The year 2248. Beyond it, rounding loses the steps. Only an import can create such documents. */
const MAX_CLOCK_MS = 2 ** 43;

export class CreationTimes {
  #last: number;

  /** @param last The greatest creation time so far, in milliseconds since 1970. */
  constructor(last: number) {
    this.#last = last;
  }

  /** Makes all later times greater than the given one. */
  continueAfter(other: CreationTimes): void {
    this.#last = Math.max(this.#last, other.#last);
  }

  /** Returns `now`, or the last time plus a step if `now` is not later: several inserts in a millisecond, a clock set back. */
  next(now: number): number {
    this.#last = now > this.#last ? now : this.#last + STEP_MS;
    return this.#last;
  }
}

/** Continues after the newest document of the store. Ignores documents dated after `MAX_CLOCK_MS`. */
export function resumeCreationTimes(store: Store): CreationTimes {
  const dated = { start: encodeKey([]), end: encodeKey([MAX_CLOCK_MS]) };
  const snapshot = store.snapshot();
  let last = 0;
  try {
    const { catalog } = store;
    for (const table of catalog.components().flatMap((component) => catalog.tables(component))) {
      const newest = snapshot.scan(creationIndex(table), dated, "desc").next();
      if (newest) last = Math.max(last, (JSON.parse(newest.json) as { _creationTime: number })._creationTime);
    }
  } finally {
    snapshot.release();
  }
  return new CreationTimes(last);
}
