/** The interface between the scheduler and the work that it starts. */
import type { Reader } from "../store/types";

/** Work that is due at a time. */
export interface Work {
  /** Identifies the work. Two works with the same key never run at once. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly due: number;
  /** Does the work. Resolves when its outcome is committed, so that it no longer waits or waits for another time. */
  run(): Promise<void>;
}

/** A store of waiting work. */
export interface WorkSource {
  /** Iterates over waiting work, earliest first. The scheduler reads only as far as needed. */
  waiting(reader: Reader): Iterable<Work>;
}
