/** Timers, so that tests can bring their own. */

export interface Timers {
  /** @param ms 0 to 2^31 - 1. @returns what `clear` takes. */
  set(callback: () => void, ms: number): unknown;
  clear(handle: unknown): void;
}

/** Node's timers. They keep no process alive that has nothing else to do. */
export const nodeTimers: Timers = {
  set: (callback, ms) => setTimeout(callback, ms).unref(),
  clear: (handle) => clearTimeout(handle as NodeJS.Timeout | undefined),
};
