import { corsHeaderNames, corsOrigins } from "../../lib/env.lib";
import { SECURITY_HEADERS } from "./securityHeaders.middleware";

const ALLOW_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
const ALLOW_HEADERS =
  "Content-Type, Authorization, X-API-Key, Idempotency-Key, If-Match, If-None-Match, Range, Prefer, Last-Event-ID, X-Request-Id, " +
  // Tracing libraries add these to each request, and a preflight that does not allow them fails the request.
  "traceparent, tracestate, baggage, sentry-trace";
/** The headers that a page may read. `exposeOwnHeaders` adds those of a route's own. */
const EXPOSE_HEADERS =
  "X-Request-Id, ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Idempotency-Replayed, " +
  "Preference-Applied, Deprecation, Sunset, Content-Disposition, Content-Range, Accept-Ranges";
/** Headers that every page may read (Fetch standard, section 2.2.2), and headers that are for browsers and other clients. */
const NOT_ADDED =
  "Cache-Control, Content-Language, Content-Length, Content-Type, Expires, Last-Modified, Pragma, " +
  "Vary, Allow, Accept-Patch, WWW-Authenticate, Content-Encoding, Set-Cookie";
/** The names of these headers and of the security headers in lower case, with a separator before and after each. */
const KNOWN_HEADERS =
  `, ${[EXPOSE_HEADERS, NOT_ADDED, ...Object.keys(SECURITY_HEADERS)].join(", ")},`.toLowerCase();
/** Seconds for which a browser may cache a preflight. */
const MAX_AGE = "86400";

/**
 * Returns the CORS headers of a reply (Fetch standard, section 3.3): the same on errors as on successes, none for a refused
 * origin, and none for webhooks, which no browser sends.
 *
 * It replaces `hono/cors`, which creates one more response object for each request, and answers the preflight of a refused
 * origin as if the origin were allowed.
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
    "Access-Control-Allow-Headers": [ALLOW_HEADERS, ...corsHeaderNames()].join(", "),
    "Access-Control-Max-Age": MAX_AGE,
  };
}

/** Lets a page read the headers that only this reply has, such as those that a route's contract declares. */
export function exposeOwnHeaders({ headers }: Response): void {
  const exposed = headers.get("Access-Control-Expose-Headers");
  if (exposed === null) return;
  const own: string[] = [];
  headers.forEach((_, name) => {
    if (!name.startsWith("access-control-") && !KNOWN_HEADERS.includes(`, ${name},`)) own.push(name);
  });
  if (own.length > 0) headers.set("Access-Control-Expose-Headers", [exposed, ...own].join(", "));
}

/** Whether a request is a browser's preflight, which never carries a credential. */
export const isPreflight = (request: Request): boolean =>
  request.method === "OPTIONS" &&
  request.headers.has("Origin") &&
  request.headers.has("Access-Control-Request-Method");

/**
 * Whether a list in the form of `CORS_ORIGINS` allows an origin. `https://*.example.com` allows every subdomain, not the
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
