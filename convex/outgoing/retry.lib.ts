const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

/** Milliseconds before each further attempt, after the first one has failed. */
const WAITS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

/** The longest wait that a receiver can ask for with `Retry-After`, in milliseconds. */
const LONGEST_WAIT_MS = 24 * HOUR;

/**
 * Returns the milliseconds until the next attempt, or undefined after the last one. The wait varies by a tenth, so that the
 * deliveries of one outage do not all return at the same moment.
 *
 * @param tries The number of failed attempts.
 * @param retryAfterMs The wait that the receiver asked for. It only lengthens the wait.
 */
export function nextWait(tries: number, retryAfterMs = 0): number | undefined {
  const wait = WAITS[tries - 1];
  if (wait === undefined) return undefined;
  const jittered = Math.round(wait * (0.9 + Math.random() * 0.2));
  return Math.max(jittered, Math.min(retryAfterMs, LONGEST_WAIT_MS));
}

/**
 * Reads a `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date.
 *
 * @param now Milliseconds since the epoch.
 * @returns Milliseconds, or undefined without a valid header.
 */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND;
  // `Date.parse` also reads texts that are not dates of HTTP, such as "-5".
  const time = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? undefined : Math.max(0, time - now);
}
