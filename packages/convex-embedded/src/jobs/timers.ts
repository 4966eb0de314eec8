/** The timer interface, which tests can replace. */

export interface Timers {
  /** Sets a timer. @param ms 0 to 2^31 - 1. @returns the handle for `clear`. */
  set(callback: () => void, ms: number): unknown;
  clear(handle: unknown): void;
}

/** Node's timers. They do not keep the process alive. */
export const nodeTimers: Timers = {
  set: (callback, ms) => setTimeout(callback, ms).unref(),
  clear: (handle) => clearTimeout(handle as NodeJS.Timeout | undefined),
};
