import type { Spec } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";

/** Returns the sentences and the OpenAPI members that describe the rate limit, the deadline and the cache policy of a route. */
export function routeOptions({ rateLimit, timeoutMs, cache, scope }: Spec): {
  sentences: string[];
  members: JsonSchema;
} {
  const sentences: string[] = [];
  if (rateLimit) {
    const { cost = 1 } = rateLimit;
    const counts = cost === 1 ? "" : ` A request counts as ${cost}.`;
    sentences.push(
      "bucket" in rateLimit
        ? `Rate limit: ${rateLimit.perMinute} requests a minute for each caller (\`${rateLimit.bucket}\`), in addition to the caller's general limit.${counts}`
        : `Rate limit: a request counts as ${cost} requests against the caller's limit.`,
    );
  }
  if (timeoutMs !== undefined) sentences.push(`Time limit: ${timeoutMs / 1000} s.`);
  if (cache) {
    const who = scope === null ? "Any cache" : "A private cache";
    sentences.push(`Caching: ${who} may reuse the reply for ${cache.maxAge} s.`);
  }
  return {
    sentences,
    members: {
      ...(rateLimit && { "x-rate-limit": rateLimit }),
      ...(timeoutMs !== undefined && { "x-timeout-ms": timeoutMs }),
      ...(cache && { "x-cache": cache }),
    },
  };
}
