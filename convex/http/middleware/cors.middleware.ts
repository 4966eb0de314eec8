import { corsOrigins } from "../../lib/env.lib";

const ALLOW_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
const ALLOW_HEADERS =
  "Content-Type, Authorization, X-API-Key, Idempotency-Key, If-Match, If-None-Match, Prefer, X-Request-Id";
const EXPOSE_HEADERS =
  "X-Request-Id, ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Idempotency-Replayed, Preference-Applied";
/** Seconds for which a browser may remember a preflight. */
const MAX_AGE = "86400";

/**
 * The CORS headers of a reply (Fetch standard, section 3.3): the same on errors as on successes, none for a refused origin,
 * none for webhooks, which no browser sends.
 *
 * Our own in place of `hono/cors`, which costs a request on Convex a response object of its own, and answers the preflight
 * of a refused origin as if it were allowed.
 */
export function corsHeaders(request: Request, path: string): Record<string, string> {
  if (path.startsWith("/webhooks/")) return {};
  const setting = corsOrigins();
  const origin = request.headers.get("Origin");
  const any = setting.trim() === "*";
  const vary: Record<string, string> = any ? {} : { Vary: "Origin" };
  if (!any && (origin === null || !isAllowed(origin, setting))) return vary;
  const headers = { ...vary, "Access-Control-Allow-Origin": any ? "*" : (origin ?? "") };
  if (request.method !== "OPTIONS") return { ...headers, "Access-Control-Expose-Headers": EXPOSE_HEADERS };
  return {
    ...headers,
    "Access-Control-Allow-Methods": ALLOW_METHODS,
    "Access-Control-Allow-Headers": ALLOW_HEADERS,
    "Access-Control-Max-Age": MAX_AGE,
  };
}

/** A browser's question whether it may send a request; it never carries a credential. */
export const isPreflight = (request: Request): boolean =>
  request.method === "OPTIONS" &&
  request.headers.has("Origin") &&
  request.headers.has("Access-Control-Request-Method");

/**
 * Whether a list of origins, as `CORS_ORIGINS` has it, allows one. `https://*.example.com` allows every subdomain, not the
 * apex, not another scheme or port.
 */
export function isAllowed(origin: string, setting: string): boolean {
  return setting.split(",").some((entry) => {
    const allowed = entry.trim().replace(/\/$/, "").toLowerCase();
    const [scheme, domain] = allowed.split("://*.");
    if (domain === undefined) return allowed !== "" && (allowed === "*" || allowed === origin);
    const start = `${scheme}://`;
    const end = `.${domain}`;
    const subdomain = origin.slice(start.length, -end.length);
    return origin.startsWith(start) && origin.endsWith(end) && /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(subdomain);
  });
}
