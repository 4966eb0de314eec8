import type { Failure } from "./failure.lib";

/** Seconds after which a client may retry if the platform is unavailable. */
const RETRY_AFTER = "5";

/**
 * Messages of the platform when a query, a mutation or file storage fails and neither the caller nor the code is at fault.
 * Only the message of an error survives a call between functions, so this code matches messages. The first text means that a
 * Convex service is down, or that the store of the embedded runtime is full, locked or corrupt. The second means another
 * internal error of Convex. The third means that a transaction conflicted on every attempt. An action that calls an action
 * adds the prefix.
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
