import { fail } from "../../lib/failure.lib";

/** Seconds after which a client may try again when the work did not end in time. */
const RETRY_AFTER = "5";

/**
 * Waits for work, but not for ever: after `ms` milliseconds the request is refused with 503. The work itself cannot be
 * taken back; what it commits later stays, and how it ends nobody hears: the race has taken its rejection.
 */
export async function withinTime<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(resolve, ms, "late");
  });
  try {
    const first = await Promise.race([work, late]);
    if (first === "late") {
      fail("timed_out", `The work did not end within ${ms} ms`, { headers: { "Retry-After": RETRY_AFTER } });
    }
    return first;
  } finally {
    clearTimeout(timer);
  }
}
