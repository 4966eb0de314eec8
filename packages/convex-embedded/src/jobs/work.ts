/** What the scheduler needs to know of the things it starts. */
import type { Reader } from "../store/types";

/** Something to be done at a time. */
export interface Work {
  /** Names it among everything that waits; the same key never runs twice at once. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly due: number;
  /** Does it, and resolves when its outcome is committed: it no longer waits then, or waits for another time. */
  run(): Promise<void>;
}

/** Where work is kept. */
export interface WorkSource {
  /** All that waits, earliest first. Read as far as needed. */
  waiting(reader: Reader): Iterable<Work>;
}
