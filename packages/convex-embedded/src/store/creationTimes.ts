/** `_creationTime`s, strictly increasing, so that documents sort in the order in which they were inserted. */
import { encodeKey } from "../values/keys";
import type { Store } from "./types";

// Doubles near today's time are 2^-12 ms apart: adding 2^-10 is exact.
const STEP_MS = 1 / 1024;

/** The year 2248. From here on steps are lost in rounding; only an import has brought what is later. */
const NO_CLOCK_MS = 2 ** 43;

export class CreationTimes {
  #last: number;

  /** @param last the greatest that was given out before, milliseconds since 1970. */
  constructor(last: number) {
    this.#last = last;
  }

  /** `now`, or just after the last one where that is later: several inserts in a millisecond, a clock set back. */
  next(now: number): number {
    this.#last = now > this.#last ? now : this.#last + STEP_MS;
    return this.#last;
  }
}

/** Creation times that go on where the store's documents end, but for those that no clock has dated. */
export function resumeCreationTimes(store: Store): CreationTimes {
  const dated = { start: encodeKey([]), end: encodeKey([NO_CLOCK_MS]) };
  const snapshot = store.snapshot();
  let last = 0;
  try {
    const { catalog } = store;
    for (const table of catalog.components().flatMap((component) => catalog.tables(component))) {
      const index = table.indexes.find(({ name }) => name === "by_creation_time");
      const newest = index && snapshot.scan(index, dated, "desc").next();
      if (newest) last = Math.max(last, (JSON.parse(newest.json) as { _creationTime: number })._creationTime);
    }
  } finally {
    snapshot.release();
  }
  return new CreationTimes(last);
}
