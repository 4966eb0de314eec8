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

/** The names of the general buckets, which a route cannot use for its own bucket. */
type GeneralBucket = "key" | "user" | "address";

/** Whether a number that is known to the compiler is not a whole number of at least 1. */
type NotPositive<N> = N extends number
  ? `${N}` extends "0" | `-${string}` | `${string}.${string}`
    ? N
    : never
  : never;
type Negative<N> = N extends number
  ? `${N}` extends `-${string}` | `${string}.${string}`
    ? N
    : never
  : never;
type At<T, Name extends string> = T extends { [K in Name]: infer Value } ? Value : never;

/** The mistakes in the options of a route, each as a sentence. The compiler shows the sentence in its error. */
export type OptionMistakes<M, S> =
  | (S extends { claims: true; scope: null }
      ? "A public route has no caller, so it has no claims: remove claims or set a scope"
      : never)
  | (S extends { timeoutMs: infer N } ? Sentence<"timeoutMs", NotPositive<N>> : never)
  | (S extends { rateLimit: infer L }
      ? | Sentence<"rateLimit.perMinute", NotPositive<At<L, "perMinute">>>
        | Sentence<"rateLimit.cost", NotPositive<At<L, "cost">>>
        | `rateLimit has no option ${Exclude<keyof L, "bucket" | "perMinute" | "cost"> & string}`
        | (At<L, "bucket"> extends infer B extends GeneralBucket
            ? `The bucket ${B} is the general one: name another bucket`
            : never)
        | (S extends { unlimited: true } ? "unlimited switches rateLimit off: remove one of them" : never)
      : never)
  | (S extends { cache: infer C }
      ? | WholeSentence<"cache.maxAge", Negative<At<C, "maxAge">>>
        | WholeSentence<"cache.staleWhileRevalidate", Negative<At<C, "staleWhileRevalidate">>>
        | `cache has no option ${Exclude<keyof C, keyof CachePolicy> & string}`
        | (S extends { secret: true }
            ? "A reply with a secret must not be cached: remove cache or secret"
            : never)
        | (M extends "get" ? never : `cache is for GET, not for ${Uppercase<M & string>}`)
      : never);
type Sentence<
  Name extends string,
  N extends number,
> = `${Name} is ${N}, but it must be a whole number of at least 1`;
type WholeSentence<
  Name extends string,
  N extends number,
> = `${Name} is ${N}, but it must be a whole number of seconds`;
