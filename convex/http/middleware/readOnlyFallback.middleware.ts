import { platformFailureOf } from "../../lib/unavailable.lib";
import type { ApiContext } from "../kit/env.kit";

const WARNING_INTERVAL_MS = 60_000;

/**
 * The time of the last warning in the log. The embedded runtime keeps modules between requests, so it logs once a minute. On
 * Convex every request has fresh modules, so each request logs. Replies do not depend on this value.
 */
let warnedAt = 0;

/**
 * Counts a request, for a rate limit or as a use of a key. If the store cannot write, a GET or HEAD request continues
 * uncounted, because a full disk must not stop reads. Any other request is refused, because its own write would fail too.
 *
 * @param count Counts the request, and may admit its caller in the same transaction.
 * @param without Admits the caller without a write. Returns undefined if that is impossible.
 * @throws The error of `count`, if the request must not continue.
 */
export function withReadOnlyFallback<T>(
  c: ApiContext,
  count: () => Promise<T>,
  without: () => Promise<T | undefined>,
): Promise<T> {
  return count().catch(async (error: unknown) => {
    if (!["GET", "HEAD"].includes(c.req.method) || !platformFailureOf(error)) throw error;
    const admitted = await without();
    if (admitted === undefined) throw error;
    warn(error as Error);
    return admitted;
  });
}

function warn({ message }: Error): void {
  const now = Date.now();
  // The clock may have been set back.
  if (Math.abs(now - warnedAt) < WARNING_INTERVAL_MS) return;
  warnedAt = now;
  console.warn(
    JSON.stringify({
      level: "warn",
      event: "requests_uncounted",
      detail: "The store takes no writes: GET requests are admitted without being counted",
      cause: message,
    }),
  );
}
