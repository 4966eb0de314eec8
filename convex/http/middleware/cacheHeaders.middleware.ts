import type { Endpoint } from "../kit/api.kit";

/**
 * Returns the `Cache-Control` header of a reply (RFC 9111). Replies with secrets are `no-store`, and authenticated replies are
 * `private`. A cache must revalidate every stored reply before it uses it (`no-cache`).
 */
export function cacheHeaders(endpoint: Endpoint | undefined): Record<string, string> {
  if (endpoint?.secret) return { "Cache-Control": "no-store" };
  return { "Cache-Control": endpoint && endpoint.scope !== null ? "private, no-cache" : "no-cache" };
}
