import { RateLimiter } from "@convex-dev/rate-limiter";
import { components } from "../_generated/api";
import type { MutationCtx } from "../_generated/server";
import { networkOf } from "./network.lib";
import type { Quota } from "./quota.lib";

const WINDOW_MS = 60_000;

const limiter = new RateLimiter(components.rateLimiter);

/**
 * Takes one request from a bucket that refills evenly with `limit` requests per minute, and returns the remaining quota. A
 * refusal is returned, not thrown: throwing rolls the mutation back, and the request would not be counted.
 *
 * @returns Null if `limit` is 0, which switches the limit off.
 */
export async function take(
  ctx: MutationCtx,
  policy: Quota["policy"],
  key: string,
  limit: number,
): Promise<Quota | null> {
  if (limit === 0) return null;
  const config = { kind: "token bucket", rate: limit, period: WINDOW_MS, capacity: limit } as const;
  let { ok, retryAfter } = await limiter.limit(ctx, policy, { key, config });
  let { value, ts } = await limiter.getValue(ctx, policy, { key, config });
  if (!ok && ts > Date.now()) {
    // The clock was set back. Without a reset, the bucket would stay empty until the clock reaches the bucket's timestamp.
    await limiter.reset(ctx, policy, { key });
    ({ ok, retryAfter } = await limiter.limit(ctx, policy, { key, config }));
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
export async function takeFromAddress(ctx: MutationCtx, limit: number): Promise<Quota | null> {
  if (limit === 0) return null;
  const { ip } = await ctx.meta.getRequestMetadata();
  return take(ctx, "address", networkOf(ip ?? "unknown"), limit);
}
