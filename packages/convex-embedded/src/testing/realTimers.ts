/** Timers that no test has replaced: whoever waits for the real world needs them, and only they wait here. */

/** As `@sinonjs/fake-timers`, which vitest uses, marks the functions that it puts in the place of real ones. */
interface Faked {
  readonly clock?: { readonly _setTimeout?: typeof setTimeout; readonly _clearTimeout?: typeof clearTimeout };
}

const real = {
  // A suite may fake timers before it imports this.
  setTimeout: (setTimeout as Faked).clock?._setTimeout ?? setTimeout,
  clearTimeout: (clearTimeout as Faked).clock?._clearTimeout ?? clearTimeout,
};

/** Resolves in a later turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void real.setTimeout(resolve, 0));
}

/** For what the engine waits for when something is wrong with its store. */
export const realTimers = {
  set: (callback: () => void, ms: number): unknown => real.setTimeout(callback, ms),
  clear: (handle: unknown): void => real.clearTimeout(handle as NodeJS.Timeout | undefined),
};
