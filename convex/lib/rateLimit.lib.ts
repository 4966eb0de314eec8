import { v, type Infer } from "convex/values";

/** Milliseconds in which an empty bucket refills. */
export const WINDOW_MS = 60_000;

/** The names of the general buckets of callers. A route's own bucket has any other name. */
export type GeneralPolicy = "key" | "user" | "address";

/** The state of a bucket, read in the transaction that took from it. Times are in seconds. */
const bucket = {
  policy: v.string(),
  /** Requests per window. */
  limit: v.number(),
  windowSeconds: v.number(),
  /** Requests that the caller may still send now. */
  remaining: v.number(),
  /** Time until the bucket is full again. */
  resetSeconds: v.number(),
  /** Time until the next request is admitted; absent if this request was admitted. */
  retryAfterSeconds: v.optional(v.number()),
};

/** The state of a caller's general bucket, and of the route's own bucket if the request took from it. */
export const rateLimitState = v.object({ ...bucket, ofRoute: v.optional(v.object(bucket)) });

export type RateLimitState = Infer<typeof rateLimitState>;

/** The rate limit of a route, as its contract declares it: what a request costs, and the route's own bucket if it has one. */
const routeLimit = v.object({
  cost: v.optional(v.number()),
  bucket: v.optional(v.string()),
  perMinute: v.optional(v.number()),
});

export type RouteLimit = Infer<typeof routeLimit>;

/** The argument of functions that admit a request. It is absent for a route without a rate limit of its own. */
export const routeLimitArg = { routeLimit: v.optional(routeLimit) };
