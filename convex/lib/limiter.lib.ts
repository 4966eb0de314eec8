import type { Doc } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { networkOf } from "./network.lib";
import { WINDOW_MS, type GeneralPolicy, type RateLimitState, type RouteLimit } from "./rateLimit.lib";

/**
 * Takes one request from a caller's general bucket, and from the route's own bucket if the route has one and the first admits the
 * request. A refusal is returned, not thrown: throwing rolls the mutation back, and the request would not be counted.
 *
 * @param route The route's own limit. Its cost applies to its own bucket, or to the general one if the route has none.
 * @returns Null if `limit` is 0, which switches the limit off, and the route's own limit too.
 */
export function take(
  ctx: MutationCtx,
  policy: GeneralPolicy,
  key: string,
  limit: number,
  { bucket, perMinute, cost = 1 }: RouteLimit = {},
): Promise<RateLimitState | null> {
  if (limit === 0) return Promise.resolve(null);
  if (bucket === undefined || perMinute === undefined)
    return takeFromBucket(ctx, policy, { key, limit, count: cost });
  // A key, a user and an address may have the same text, so the policy is a part of the bucket's key.
  const own = { key: `${policy}:${key}`, limit: perMinute, count: cost };
  return takeFromBoth(ctx, [policy, { key, limit, count: 1 }], [bucket, own]);
}

type Taking = { key: string; limit: number; count: number };

async function takeFromBoth(
  ctx: MutationCtx,
  general: [policy: string, Taking],
  own: [policy: string, Taking],
): Promise<RateLimitState> {
  const state = await takeFromBucket(ctx, ...general);
  if (state.retryAfterSeconds !== undefined) return state;
  return { ...state, ofRoute: await takeFromBucket(ctx, ...own) };
}

/**
 * Takes `wanted` requests from a token bucket that refills evenly with `limit` requests per minute, at most a full bucket.
 *
 * The bucket is a document of the app. The component `@convex-dev/rate-limiter` would need two calls for each request, and Convex
 * creates a new JavaScript context for each call of a component.
 */
async function takeFromBucket(
  ctx: MutationCtx,
  policy: string,
  { key, limit, count: wanted }: Taking,
): Promise<Omit<RateLimitState, "ofRoute">> {
  const now = Date.now();
  const bucket = await ctx.db
    .query("rateLimitBuckets")
    .withIndex("by_policy_and_key", (q) => q.eq("policy", policy).eq("key", key))
    .unique();
  const before = bucket ? tokensIn(bucket, limit, now) : limit;
  const count = Math.min(wanted, limit);
  const isAdmitted = before >= count;
  const tokens = isAdmitted ? before - count : before;
  if (!bucket) await ctx.db.insert("rateLimitBuckets", { policy, key, tokens, updatedAt: now });
  // A refusal writes only if the clock is behind: the bucket would not refill until the clock reaches the old time.
  else if (isAdmitted || bucket.updatedAt > now)
    await ctx.db.patch("rateLimitBuckets", bucket._id, { tokens, updatedAt: now });
  const secondsFor = (missing: number) => Math.ceil((missing * WINDOW_MS) / limit / 1000);
  return {
    policy,
    limit,
    windowSeconds: WINDOW_MS / 1000,
    remaining: isAdmitted ? Math.floor(tokens) : 0,
    resetSeconds: secondsFor(limit - tokens),
    ...(!isAdmitted && { retryAfterSeconds: Math.max(1, secondsFor(count - before)) }),
  };
}

/** Returns the requests left in a bucket. It is full if the clock was set back: its time is then more than a window ahead. */
function tokensIn({ tokens, updatedAt }: Doc<"rateLimitBuckets">, limit: number, now: number): number {
  if (updatedAt > now + WINDOW_MS) return limit;
  return Math.min(limit, tokens + (Math.max(0, now - updatedAt) * limit) / WINDOW_MS);
}

/**
 * Takes one request from the bucket of the client's address or network. The platform reports the address. Convex reports the
 * first entry of `X-Forwarded-For`, which the client can forge unless a proxy in front replaces the header. Without the
 * header, Convex reports the address of the connection. The embedded runtime reports the address of the connection, or the
 * entry that `--trust-proxy` selects.
 *
 * @returns Null if `limit` is 0, which switches the limit off.
 */
export async function takeFromAddress(
  ctx: MutationCtx,
  limit: number,
  route?: RouteLimit,
): Promise<RateLimitState | null> {
  if (limit === 0) return null;
  const { ip } = await ctx.meta.getRequestMetadata();
  return take(ctx, "address", networkOf(ip ?? "unknown"), limit, route);
}
