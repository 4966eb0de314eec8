import { setTimeout as wait } from "node:timers/promises";

const ATTEMPTS = 5;

/**
 * `fetch`, but a request that comes back 429 waits as long as the API says, and is sent again. That is safe for every
 * method, because a limited request has not been looked at. Other errors are not repeated here: a POST is safe to repeat
 * only with an `Idempotency-Key`.
 */
export function patient(
  waiting: (seconds: number) => void,
  send: typeof fetch,
): (request: Request) => Promise<Response> {
  return async (request) => {
    for (let attempt = 1; ; attempt++) {
      // Sending uses up the body, so that each attempt sends a copy.
      const response = await send(request.clone());
      if (response.status !== 429 || attempt === ATTEMPTS) return response;
      const seconds = Number(response.headers.get("Retry-After") ?? 1);
      waiting(seconds);
      await wait(seconds * 1000);
    }
  };
}
