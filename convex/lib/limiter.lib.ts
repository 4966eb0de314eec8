import { RateLimiter } from "@convex-dev/rate-limiter";
import { components } from "../_generated/api";
import type { MutationCtx } from "../_generated/server";
import { networkOf } from "./network.lib";
import type { Quota } from "./quota.lib";

const WINDOW_MS = 60_000;

const limiter = new RateLimiter(components.rateLimiter);

/**
 * Takes one request from a bucket that refills evenly, `limit` a minute, and tells what is left. It returns its verdict
 * instead of throwing it: a mutation that throws puts back what it took. Null for a limit of 0, which is switched off.
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
    // The clock was set back: the bucket would stay empty until it has caught up, so it starts anew.
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
 * The bucket of the client's address or network, as the platform reports it. Convex reports the first entry of
 * `X-Forwarded-For`, which the client chooses unless a proxy in front replaces the header; without the header, the address
 * of the connection. The embedded runtime reports the connection's, or the entry that `--trust-proxy` points to.
 */
export async function takeFromAddress(ctx: MutationCtx, limit: number): Promise<Quota | null> {
  if (limit === 0) return null;
  const { ip } = await ctx.meta.getRequestMetadata();
  return take(ctx, "address", networkOf(ip ?? "unknown"), limit);
}
