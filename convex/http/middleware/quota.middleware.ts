import { fail } from "../../lib/failure.lib";
import type { Quota } from "../../lib/quota.lib";
import type { ApiContext } from "../kit/env.kit";

/**
 * Refuses with 429 when the caller's quota is used up. Reports the quota in `RateLimit` and `RateLimit-Policy`
 * (draft-ietf-httpapi-ratelimit-headers-10). `quota` is null if rate limits are switched off.
 */
export function requireQuota(c: ApiContext, quota: Quota | null): void {
  if (!quota) return;
  const { policy, limit, windowSeconds, remaining, resetSeconds, retryAfterSeconds } = quota;
  c.header("RateLimit-Policy", `"${policy}";q=${limit};w=${windowSeconds}`);
  c.header("RateLimit", `"${policy}";r=${remaining};t=${resetSeconds}`);
  if (retryAfterSeconds !== undefined) {
    fail("rate_limited", `Too many requests: try again in ${retryAfterSeconds} s`, {
      headers: { "Retry-After": String(retryAfterSeconds) },
    });
  }
}
