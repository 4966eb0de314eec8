import { fail } from "../../lib/failure.lib";
import type { Quota } from "../../lib/quota.lib";
import type { ApiContext } from "../kit/env.kit";

/**
 * Shows the caller's quota in `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10), and refuses with
 * 429 when it is used up. Null is no quota: limits are switched off.
 */
export function showQuota(c: ApiContext, quota: Quota | null): void {
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
