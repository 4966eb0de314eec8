import type { Failure } from "./failure.lib";

/** Seconds after which a client may retry if the platform is unavailable. */
const RETRY_AFTER = "5";

/**
 * The platform's messages when a query, a mutation or file storage fails, and neither the caller nor the code is the cause.
 * Only the message of the error reaches the calling function.
 *
 * 1. Convex: a service is down. Embedded runtime: the store is full, locked or corrupt.
 * 2. Convex: any other internal error.
 * 3. The transaction conflicted with other transactions on every attempt.
 *
 * An action that calls an action adds the prefix.
 */
const PLATFORM_MESSAGES = new RegExp(
  "^(?:Uncaught Error: )?(?:" +
    "Service temporarily unavailable|" +
    "Your request couldn't be completed\\. Try again later\\.|" +
    "(?:Documents read from or written to|Data read or written in) .* changed while .*being run)",
);

/** Converts an error of the platform to an `unavailable` failure. Returns undefined for any other error. */
export function platformFailureOf(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  if (!PLATFORM_MESSAGES.test(error.message)) return undefined;
  return {
    kind: "failure",
    code: "unavailable",
    detail: `The server cannot do this now: try again in ${RETRY_AFTER} s`,
    headers: { "Retry-After": RETRY_AFTER },
  };
}
