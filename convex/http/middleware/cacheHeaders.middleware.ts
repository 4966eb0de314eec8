import type { Endpoint } from "../kit/api.kit";

/**
 * Who may keep a reply (RFC 9111): nobody one that shows a secret, no shared cache one that a credential was needed for;
 * whoever keeps one asks again before using it.
 */
export function cacheHeaders(endpoint: Endpoint | undefined): Record<string, string> {
  if (endpoint?.secret) return { "Cache-Control": "no-store" };
  return { "Cache-Control": endpoint && endpoint.scope !== null ? "private, no-cache" : "no-cache" };
}
