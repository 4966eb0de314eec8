import { setTimeout as wait } from "node:timers/promises";

const ATTEMPTS = 5;

/**
 * Wraps `fetch` to retry a request after a 429, with the delay in `Retry-After`. The retry is safe for every method, because the
 * API does not process a rate-limited request. Other errors are not retried: a POST is safe to repeat only with an
 * `Idempotency-Key`.
 */
export function patient(
  waiting: (seconds: number) => void,
  send: typeof fetch,
): (request: Request) => Promise<Response> {
  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      // A body can be sent only once, so each attempt sends a clone.
      const response = await send(request.clone());
      if (response.status !== 429 || attempt === ATTEMPTS) return response;
      const seconds = Number(response.headers.get("Retry-After") ?? 1);
      waiting(seconds);
      await wait(seconds * 1000);
    }
  };
}
