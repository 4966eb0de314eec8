import { failure } from "./product.kit";

/** Seconds after which a client may retry when the work timed out. */
const RETRY_AFTER = "5";

/**
 * Starts work and waits for it at most `ms` milliseconds, then refuses the request with 503. The work continues: its later
 * commits persist, and its result is ignored. A late response is cancelled, so that a stream stops its source. The handlers are
 * attached when the work starts, because on Convex an unhandled rejection ends the request.
 */
export function withTimeout<T>(ms: number, work: () => Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let late = false;
    const refuse = () => {
      late = true;
      const headers = { "Retry-After": RETRY_AFTER };
      reject(failure("timed_out", `The request did not finish within ${ms} ms`, { headers }));
    };
    const timer = setTimeout(refuse, ms);
    const clearThen =
      <A>(settle: (outcome: A) => void) =>
      (outcome: A) => {
        clearTimeout(timer);
        if (late && outcome instanceof Response) void outcome.body?.cancel();
        settle(outcome);
      };
    work().then(clearThen(resolve), clearThen(reject));
  });
}
