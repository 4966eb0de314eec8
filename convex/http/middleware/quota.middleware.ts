import { fail } from "../../lib/failure.lib";
import type { Quota } from "../../lib/quota.lib";
import type { ApiContext } from "../kit/env.kit";

/**
 * Refuses with 429 when the caller's quota or the route's own bucket is used up. Reports both in `RateLimit` and `RateLimit-Policy`
 * (draft-ietf-httpapi-ratelimit-headers-10). `quota` is null if rate limits are switched off.
 */
export function requireQuota(c: ApiContext, quota: Quota | null): void {
  if (!quota) return;
  const buckets = quota.ofRoute ? [quota, quota.ofRoute] : [quota];
  c.header(
    "RateLimit-Policy",
    buckets.map((one) => `"${one.policy}";q=${one.limit};w=${one.windowSeconds}`).join(", "),
  );
  c.header(
    "RateLimit",
    buckets.map((one) => `"${one.policy}";r=${one.remaining};t=${one.resetSeconds}`).join(", "),
  );
  const { retryAfterSeconds } = quota.ofRoute ?? quota;
  if (retryAfterSeconds !== undefined) {
    fail("rate_limited", `Too many requests: try again in ${retryAfterSeconds} s`, {
      headers: { "Retry-After": String(retryAfterSeconds) },
    });
  }
}
