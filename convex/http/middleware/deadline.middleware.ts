import { failure } from "../../lib/failure.lib";

/** Seconds after which a client may try again when the work did not end in time. */
const RETRY_AFTER = "5";

/**
 * Starts work and waits for it, but only `ms` milliseconds: then the request is refused with 503. The work goes on, what it
 * commits later stays, and its outcome is dropped. It gets its handlers where it starts, because on Convex a rejection
 * without one ends the request.
 */
export function withTimeout<T>(ms: number, work: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const refuse = () => {
      const headers = { "Retry-After": RETRY_AFTER };
      reject(failure("timed_out", `The work did not end within ${ms} ms`, { headers }));
    };
    const timer = setTimeout(refuse, ms);
    const before =
      <A>(settle: (outcome: A) => void) =>
      (outcome: A) => {
        clearTimeout(timer);
        settle(outcome);
      };
    work().then(before(resolve), before(reject));
  });
}
