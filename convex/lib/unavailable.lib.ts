import type { Failure } from "./failure.lib";

/** Seconds after which a client may retry if the platform is unavailable. */
const RETRY_AFTER = "5";

/**
 * What the platform says when a query, a mutation or file storage fails through no fault of the caller or the code. A
 * called function passes on no more than a message. The first text is Convex's for a service that is down, and the
 * embedded runtime's for a store that is full, locked or corrupt; the second is Convex's for its other internal errors;
 * the third is a transaction that lost against others on every attempt. An action that calls an action adds the prefix.
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
