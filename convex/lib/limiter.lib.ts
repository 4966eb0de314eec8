import { RateLimiter } from "@convex-dev/rate-limiter";
import { components } from "../_generated/api";
import type { MutationCtx } from "../_generated/server";
import { networkOf } from "./network.lib";
import type { GeneralPolicy, Quota, RouteLimit } from "./quota.lib";

const WINDOW_MS = 60_000;

const limiter = new RateLimiter(components.rateLimiter);

/**
 * Takes one request from a caller's general bucket, and from the route's own bucket if the route has one and the first admits the
 * request. A refusal is returned, not thrown: throwing rolls the mutation back, and the request would not be counted.
 *
 * @param route The route's own limit. Its cost applies to its own bucket, or to the general one without an own one.
 * @returns Null if `limit` is 0, which switches the limit off, and the route's own limit too.
 */
export async function take(
  ctx: MutationCtx,
  policy: GeneralPolicy,
  key: string,
  limit: number,
  route: RouteLimit = {},
): Promise<Quota | null> {
  if (limit === 0) return null;
  const { bucket, perMinute, cost = 1 } = route;
  const hasBucket = bucket !== undefined && perMinute !== undefined;
  const general = await takeFromBucket(ctx, policy, { key, limit, count: hasBucket ? 1 : cost });
  if (!hasBucket || general.retryAfterSeconds !== undefined) return general;
  // A key, a user and an address may have the same text, so the policy is a part of the bucket's key.
  const own = { key: `${policy}:${key}`, limit: perMinute, count: cost };
  return { ...general, ofRoute: await takeFromBucket(ctx, bucket, own) };
}

/** Takes `count` requests from a bucket that refills evenly with `limit` requests per minute, at most a full bucket. */
async function takeFromBucket(
  ctx: MutationCtx,
  policy: string,
  { key, limit, count: wanted }: { key: string; limit: number; count: number },
): Promise<Omit<Quota, "ofRoute">> {
  const count = Math.min(wanted, limit);
  const config = { kind: "token bucket", rate: limit, period: WINDOW_MS, capacity: limit } as const;
  let { ok, retryAfter } = await limiter.limit(ctx, policy, { key, config, count });
  let { value, ts } = await limiter.getValue(ctx, policy, { key, config });
  if (!ok && ts > Date.now()) {
    // The clock was set back. Without a reset, the bucket would stay empty until the clock reaches the bucket's timestamp.
    await limiter.reset(ctx, policy, { key });
    ({ ok, retryAfter } = await limiter.limit(ctx, policy, { key, config, count }));
    ({ value, ts } = await limiter.getValue(ctx, policy, { key, config }));
  }
  const left = Math.min(limit, value + (Math.max(0, Date.now() - ts) * limit) / WINDOW_MS);
  return {
    policy,
    limit,
    windowSeconds: WINDOW_MS / 1000,
    remaining: ok ? Math.max(0, Math.floor(left)) : 0,
    resetSeconds: Math.ceil(((limit - left) * WINDOW_MS) / limit / 1000),
    ...(!ok && { retryAfterSeconds: Math.max(1, Math.ceil((retryAfter ?? 0) / 1000)) }),
  };
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
): Promise<Quota | null> {
  if (limit === 0) return null;
  const { ip } = await ctx.meta.getRequestMetadata();
  return take(ctx, "address", networkOf(ip ?? "unknown"), limit, route);
}
