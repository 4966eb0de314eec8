import { fail } from "../../lib/failure.lib";
import type { RateLimitState } from "../../lib/rateLimit.lib";
import type { ApiContext } from "../kit/env.kit";

/**
 * Refuses with 429 when the caller's general bucket or the route's own bucket is empty. Reports both in `RateLimit` and `RateLimit-Policy`
 * (draft-ietf-httpapi-ratelimit-headers-10). `state` is null if rate limits are switched off.
 */
export function enforceRateLimit(c: ApiContext, state: RateLimitState | null): void {
  if (!state) return;
  const buckets = state.ofRoute ? [state, state.ofRoute] : [state];
  c.header(
    "RateLimit-Policy",
    buckets.map((one) => `"${one.policy}";q=${one.limit};w=${one.windowSeconds}`).join(", "),
  );
  c.header(
    "RateLimit",
    buckets.map((one) => `"${one.policy}";r=${one.remaining};t=${one.resetSeconds}`).join(", "),
  );
  const { retryAfterSeconds } = state.ofRoute ?? state;
  if (retryAfterSeconds !== undefined) {
    fail("rate_limited", `Too many requests: try again in ${retryAfterSeconds} s`, {
      headers: { "Retry-After": String(retryAfterSeconds) },
    });
  }
}
