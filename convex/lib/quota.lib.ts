import { v, type Infer } from "convex/values";

/** What is left of a caller's quota, read in the transaction that took from it. Times are in seconds. */
export const quota = v.object({
  policy: v.union(v.literal("key"), v.literal("user"), v.literal("address")),
  /** Requests that fit into the window. */
  limit: v.number(),
  windowSeconds: v.number(),
  /** Requests that may follow at once. */
  remaining: v.number(),
  /** Until the whole quota is there again. */
  resetSeconds: v.number(),
  /** Until the next request fits; absent when this one did. */
  retryAfterSeconds: v.optional(v.number()),
});

export type Quota = Infer<typeof quota>;
