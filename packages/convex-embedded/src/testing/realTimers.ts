/** Real timers, even if a test has faked the global ones. Only waits for real events may use them. */

/** The mark that `@sinonjs/fake-timers`, which vitest uses, puts on its fake functions. */
interface Faked {
  readonly clock?: { readonly _setTimeout?: typeof setTimeout; readonly _clearTimeout?: typeof clearTimeout };
}

const real = {
  // A suite may fake timers before it imports this module.
  setTimeout: (setTimeout as Faked).clock?._setTimeout ?? setTimeout,
  clearTimeout: (clearTimeout as Faked).clock?._clearTimeout ?? clearTimeout,
};

/** Resolves in a later turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => void real.setTimeout(resolve, 0));
}

/** The timers for the engine's retries after store errors. */
export const realTimers = {
  set: (callback: () => void, ms: number): unknown => real.setTimeout(callback, ms),
  clear: (handle: unknown): void => real.clearTimeout(handle as NodeJS.Timeout | undefined),
};
