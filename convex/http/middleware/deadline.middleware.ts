import { failure } from "../../lib/failure.lib";

/** Seconds after which a client may try again when the work did not end in time. */
const RETRY_AFTER = "5";

/**
 * Waits for work, but not for ever: after `ms` milliseconds the request is refused with 503. The work itself cannot be
 * taken back; what it commits later stays, and how it ends nobody hears.
 */
export function withinTime<T>(ms: number, work: Promise<T>): Promise<T> {
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
    work.then(before(resolve), before(reject));
  });
}
