/** The types of options that only some routes have: a rate limit, a deadline and a cache policy of their own. */

/**
 * The rate limit of a route.
 *
 * With `bucket`, the route has a bucket of its own for each caller, in addition to the caller's general bucket. Routes that name
 * the same bucket share it. `cost` is the number of requests that one request counts as: in the route's own bucket, or in the
 * caller's general bucket if the route has none. A request never costs more than a full bucket.
 *
 * A caller's own limits are off while the general limit of this kind of caller is off (`RATE_LIMIT_KEY_PER_MINUTE`,
 * `RATE_LIMIT_IP_PER_MINUTE`).
 *
 * @example
 * rateLimit: { bucket: "prices", perMinute: 30 },
 * rateLimit: { cost: 10 },
 */
export type RateLimit = { bucket: string; perMinute: number; cost?: number } | { cost: number };

/**
 * How long a cache may reuse a reply before it asks again, in seconds (RFC 9111). It applies to successes. Other replies must
 * always be revalidated. Shared caches may store the replies of public routes only: the replies of other routes are `private`, and
 * vary with the credential.
 *
 * @example
 * cache: { maxAge: 60, staleWhileRevalidate: 600 },
 */
export type CachePolicy = {
  maxAge: number;
  /** Seconds for which a cache may still use an expired reply while it fetches a new one (RFC 5861). */
  staleWhileRevalidate?: number;
  /** The reply of this URL never changes (RFC 8246). */
  immutable?: true;
};
