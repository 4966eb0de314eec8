import { describe, expect, test } from "vitest";
import { as, send, useEngine } from "./testing/engine.testing";
import { newKey } from "./testing/keys.testing";

const METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
const HEADERS =
  "Content-Type, Authorization, X-API-Key, Idempotency-Key, If-Match, If-None-Match, Range, Prefer, Last-Event-ID, X-Request-Id, " +
  "traceparent, tracestate, baggage, sentry-trace";
const EXPOSED =
  "X-Request-Id, ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Idempotency-Replayed, " +
  "Preference-Applied, Deprecation, Sunset, Content-Disposition, Content-Range, Accept-Ranges";

const from = (origin: string | undefined, path = "/health", init: RequestInit = {}) =>
  send(path, {
    ...init,
    headers: { ...(init.headers as Record<string, string>), ...(origin && { Origin: origin }) },
  });

/** Sends the preflight of a browser for a PATCH with an API key. */
const preflight = (origin: string, path = "/api/keys/some") =>
  send(path, {
    method: "OPTIONS",
    headers: {
      Origin: origin,
      "Access-Control-Request-Method": "PATCH",
      "Access-Control-Request-Headers": "x-api-key, if-match",
    },
  });

const corsOf = ({ headers }: Response) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-")));
const allowOf = ({ headers }: Response) => headers.get("access-control-allow-origin");
const variesByOrigin = ({ headers }: Response) => /\borigin\b/i.test(headers.get("vary") ?? "");

describe("by default, any origin may call", () => {
  useEngine();

  test.each(["https://app.example.com", "http://localhost:3000", "null", undefined])("%s", async (origin) => {
    const reply = await from(origin);
    expect(corsOf(reply)).toEqual({
      "access-control-allow-origin": "*",
      "access-control-expose-headers": EXPOSED,
    });
    expect(variesByOrigin(reply)).toBe(false);
  });

  test("a preflight without a credential returns 204, valid for one day", async () => {
    const reply = await preflight("https://app.example.com");
    expect([reply.status, await reply.text()]).toEqual([204, ""]);
    expect(corsOf(reply)).toEqual({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": HEADERS,
      "access-control-max-age": "86400",
    });
  });

  test("a preflight to any path returns 204", async () => {
    for (const path of ["/", "/api/user", "/nowhere", "/api/keys/x/rotate"])
      expect((await preflight("https://app.example.com", path)).status).toBe(204);
  });

  test("errors have the same CORS headers as successes", async () => {
    const call = await as("ada");
    const headers = { Origin: "https://app.example.com" };
    const success = corsOf(await from("https://app.example.com"));
    const errors = await Promise.all([
      from("https://app.example.com", "/nowhere"),
      from("https://app.example.com", "/health", { method: "DELETE" }),
      from("https://app.example.com", "/api/keys"),
      from("https://app.example.com", "/api/keys", { headers: { "X-API-Key": "x" } }),
      call("GET", "/api/keys/nothing", undefined, headers),
      call("POST", "/api/keys", {}, headers),
      call("POST", "/api/keys", {}, { ...headers, "Content-Type": "text/plain" }),
      call("POST", "/api/keys", "x".repeat(1024 * 1024), headers),
    ]);
    expect(errors.map(({ status }) => status)).toEqual([404, 405, 401, 403, 404, 400, 415, 413]);
    for (const error of errors) expect(corsOf(error)).toEqual(success);
  });

  test("a 304 has CORS headers", async () => {
    const call = await as("ada");
    const created = await call("POST", "/api/keys", newKey());
    const reply = await call("GET", created.headers.get("location") ?? "", undefined, {
      "If-None-Match": "*",
    });
    expect([reply.status, allowOf(reply)]).toEqual([304, "*"]);
  });

  test("no reply allows the browser's credentials", async () => {
    for (const reply of [await from("https://app.example.com"), await preflight("https://app.example.com")])
      expect(reply.headers.get("access-control-allow-credentials")).toBeNull();
  });

  test("webhooks have no CORS headers, because no browser sends them", async () => {
    for (const path of ["/webhooks/clerk", "/webhooks/nowhere", "/webhooks"]) {
      expect(corsOf(await from("https://app.example.com", path, { method: "POST" }))).toEqual(
        path === "/webhooks" ? corsOf(await from("https://app.example.com")) : {},
      );
    }
    expect(corsOf(await preflight("https://app.example.com", "/webhooks/clerk"))).toEqual({});
  });
});

describe("a list of origins", () => {
  useEngine({
    env: { CORS_ORIGINS: "https://app.example.com, http://localhost:3000/,https://*.example.org" },
  });

  test.each([
    "https://app.example.com",
    "http://localhost:3000",
    "https://a.example.org",
    "https://a.b-c.example.org",
    "https://a.b.c.d.example.org",
    "https://xn--bcher-kva.example.org",
  ])("%s is allowed and named in the reply", async (origin) => {
    const [reply, preflightReply] = [await from(origin), await preflight(origin)];
    expect(corsOf(reply)).toEqual({
      "access-control-allow-origin": origin,
      "access-control-expose-headers": EXPOSED,
    });
    expect([preflightReply.status, allowOf(preflightReply)]).toEqual([204, origin]);
    expect(preflightReply.headers.get("access-control-allow-methods")).toBe(METHODS);
    for (const response of [reply, preflightReply]) expect(variesByOrigin(response)).toBe(true);
  });

  test.each([
    ["another host", "https://evil.example.net"],
    ["another scheme", "http://app.example.com"],
    ["another port", "https://app.example.com:8443"],
    ["a subdomain of an origin without a wildcard", "https://x.app.example.com"],
    ["a host that begins with an allowed host", "https://app.example.com.attacker.test"],
    ["a host that ends with an allowed host", "https://evilapp.example.com"],
    ["the apex of a wildcard", "https://example.org"],
    ["a wildcard's host with another port", "https://a.example.org:8443"],
    ["a wildcard's host with another scheme", "http://a.example.org"],
    ["a host that begins with a wildcard's host", "https://a.example.org.attacker.test"],
    ["a host that ends with a wildcard's domain", "https://evilexample.org"],
    ["an empty subdomain", "https://.example.org"],
    ["a user before a wildcard's host", "https://evil.test@a.example.org"],
    ["a path before a wildcard's host", "https://evil.test/.example.org"],
    ["a port before a wildcard's host", "https://evil.test:1.example.org"],
    ["a wildcard itself", "https://*.example.org"],
    ["an opaque origin", "null"],
    ["two origins", "https://app.example.com https://evil.example.net"],
    ["two Origin headers", "https://app.example.com, https://evil.example.net"],
    ["an upper-case host", "https://APP.example.com"],
    ["an upper-case scheme", "HTTPS://app.example.com"],
    ["a trailing dot", "https://app.example.com."],
    ["a wildcard's host with a trailing dot", "https://a.example.org."],
    ["an explicit default port", "https://app.example.com:443"],
    ["a wildcard's host with an explicit default port", "https://a.example.org:443"],
    ["a trailing slash", "https://app.example.com/"],
    ["a space inside", "https://a .example.org"],
    ["an empty label", "https://a..example.org"],
    ["an underscore in a label", "https://a_b.example.org"],
    ["a wildcard within a wildcard's host", "https://*.a.example.org"],
    ["a fragment before a wildcard's host", "https://evil.test#.example.org"],
    ["a query before a wildcard's host", "https://evil.test?.example.org"],
    ["a backslash before a wildcard's host", "https://evil.test\\.example.org"],
    ["a scheme that ends with https", "xhttps://app.example.com"],
    ["the origin of a file", "file://"],
  ])("%s (%s) gets no CORS header", async (_, origin) => {
    const [reply, preflightReply] = [await from(origin), await preflight(origin)];
    expect(reply.status).toBe(200);
    for (const response of [reply, preflightReply]) {
      expect(corsOf(response)).toEqual({});
      expect(variesByOrigin(response)).toBe(true);
    }
  });

  test("errors to a refused origin have no CORS header", async () => {
    for (const path of ["/nowhere", "/api/keys"]) {
      const reply = await from("https://evil.example.net", path);
      expect(corsOf(reply)).toEqual({});
      expect(variesByOrigin(reply)).toBe(true);
    }
  });

  test("a request without an origin is accepted, and the reply varies by Origin", async () => {
    const reply = await from(undefined);
    expect([reply.status, corsOf(reply), variesByOrigin(reply)]).toEqual([200, {}, true]);
  });
});

describe("CORS_HEADERS", () => {
  useEngine({ env: { CORS_HEADERS: "X-Datadog-Trace-Id, bad name,, x_b3:y ,X-Tenant" } });

  test("adds its names to the allowed headers, without invalid header names", async () => {
    const { headers } = await preflight("https://app.example.com");
    expect(headers.get("access-control-allow-headers")).toBe(`${HEADERS}, X-Datadog-Trace-Id, X-Tenant`);
  });
});

describe.each(["", " , "])("an empty list of origins: %j", (setting) => {
  useEngine({ env: { CORS_ORIGINS: setting } });

  test.each(["https://app.example.com", "null"])("%s gets no CORS header", async (origin) => {
    expect(corsOf(await from(origin))).toEqual({});
  });
});
