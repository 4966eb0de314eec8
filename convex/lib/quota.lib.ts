import { v, type Infer } from "convex/values";

/** The remaining quota of a caller, read in the transaction that took from it. Times are in seconds. */
export const quota = v.object({
  policy: v.union(v.literal("key"), v.literal("user"), v.literal("address")),
  /** Requests per window. */
  limit: v.number(),
  windowSeconds: v.number(),
  /** Requests that the caller may still send now. */
  remaining: v.number(),
  /** Time until the whole quota is available again. */
  resetSeconds: v.number(),
  /** Time until the next request is admitted; absent if this request was admitted. */
  retryAfterSeconds: v.optional(v.number()),
});

export type Quota = Infer<typeof quota>;
