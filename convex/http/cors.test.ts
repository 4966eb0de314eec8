import { describe, expect, test } from "vitest";
import { as, send, useEngine } from "./testing/engine.testing";

const METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS";
const HEADERS =
  "Content-Type, Authorization, X-API-Key, Idempotency-Key, If-Match, If-None-Match, Range, Prefer, X-Request-Id, " +
  "traceparent, tracestate, baggage, sentry-trace";
const EXPOSED =
  "X-Request-Id, ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, Idempotency-Replayed, " +
  "Preference-Applied, Deprecation, Sunset, Content-Disposition, Content-Range, Accept-Ranges";

const from = (origin: string | undefined, path = "/health", init: RequestInit = {}) =>
  send(path, {
    ...init,
    headers: { ...(init.headers as Record<string, string>), ...(origin && { Origin: origin }) },
  });

/** A browser's question before it sends a PATCH with an API key. */
const preflight = (origin: string, path = "/api/items/some") =>
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

describe("unless told otherwise, any origin may call", () => {
  useEngine();

  test.each(["https://app.example.com", "http://localhost:3000", "null", undefined])("%s", async (origin) => {
    const reply = await from(origin);
    expect(corsOf(reply)).toEqual({
      "access-control-allow-origin": "*",
      "access-control-expose-headers": EXPOSED,
    });
    expect(variesByOrigin(reply)).toBe(false);
  });

  test("a preflight is answered 204 without a credential, for a day", async () => {
    const reply = await preflight("https://app.example.com");
    expect([reply.status, await reply.text()]).toEqual([204, ""]);
    expect(corsOf(reply)).toEqual({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": HEADERS,
      "access-control-max-age": "86400",
    });
  });

  test("a preflight is answered on every path", async () => {
    for (const path of ["/", "/api/user", "/nowhere", "/api/keys/x/rotate"])
      expect((await preflight("https://app.example.com", path)).status).toBe(204);
  });

  test("errors carry the same headers as successes", async () => {
    const call = await as("ada");
    const headers = { Origin: "https://app.example.com" };
    const success = corsOf(await from("https://app.example.com"));
    const errors = await Promise.all([
      from("https://app.example.com", "/nowhere"),
      from("https://app.example.com", "/health", { method: "DELETE" }),
      from("https://app.example.com", "/api/items"),
      from("https://app.example.com", "/api/items", { headers: { "X-API-Key": "x" } }),
      call("GET", "/api/items/nothing", undefined, headers),
      call("POST", "/api/items", {}, headers),
      call("POST", "/api/items", {}, { ...headers, "Content-Type": "text/plain" }),
      call("POST", "/api/items", "x".repeat(1024 * 1024), headers),
    ]);
    expect(errors.map(({ status }) => status)).toEqual([404, 405, 401, 403, 404, 400, 415, 413]);
    for (const error of errors) expect(corsOf(error)).toEqual(success);
  });

  test("so does a 304", async () => {
    const call = await as("ada");
    const created = await call("POST", "/api/items", { name: "bolt" });
    const reply = await call("GET", created.headers.get("location") ?? "", undefined, {
      "If-None-Match": "*",
    });
    expect([reply.status, allowOf(reply)]).toEqual([304, "*"]);
  });

  test("no credentials of the browser's own are ever asked for", async () => {
    for (const reply of [await from("https://app.example.com"), await preflight("https://app.example.com")])
      expect(reply.headers.get("access-control-allow-credentials")).toBeNull();
  });

  test("webhooks have none: no browser sends them", async () => {
    for (const path of ["/webhooks/stripe", "/webhooks/nowhere", "/webhooks"]) {
      expect(corsOf(await from("https://app.example.com", path, { method: "POST" }))).toEqual(
        path === "/webhooks" ? corsOf(await from("https://app.example.com")) : {},
      );
    }
    expect(corsOf(await preflight("https://app.example.com", "/webhooks/stripe"))).toEqual({});
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
  ])("%s is allowed, by name", async (origin) => {
    const [reply, asked] = [await from(origin), await preflight(origin)];
    expect(corsOf(reply)).toEqual({
      "access-control-allow-origin": origin,
      "access-control-expose-headers": EXPOSED,
    });
    expect([asked.status, allowOf(asked)]).toEqual([204, origin]);
    expect(asked.headers.get("access-control-allow-methods")).toBe(METHODS);
    for (const one of [reply, asked]) expect(variesByOrigin(one)).toBe(true);
  });

  test.each([
    ["another host", "https://evil.example.net"],
    ["another scheme", "http://app.example.com"],
    ["another port", "https://app.example.com:8443"],
    ["a subdomain of one without a wildcard", "https://x.app.example.com"],
    ["a name that only begins so", "https://app.example.com.attacker.test"],
    ["a name that only ends so", "https://evilapp.example.com"],
    ["the apex of a wildcard", "https://example.org"],
    ["a wildcard's other port", "https://a.example.org:8443"],
    ["a wildcard's other scheme", "http://a.example.org"],
    ["a name that only begins like a wildcard's", "https://a.example.org.attacker.test"],
    ["a name that only ends like a wildcard's", "https://evilexample.org"],
    ["an empty subdomain", "https://.example.org"],
    ["a user before a wildcard's host", "https://evil.test@a.example.org"],
    ["a path before a wildcard's host", "https://evil.test/.example.org"],
    ["a port before a wildcard's host", "https://evil.test:1.example.org"],
    ["a wildcard itself", "https://*.example.org"],
    ["no origin to speak of", "null"],
    ["several", "https://app.example.com https://evil.example.net"],
    ["several headers of it", "https://app.example.com, https://evil.example.net"],
    ["capitals, which no browser sends", "https://APP.example.com"],
    ["a capital scheme", "HTTPS://app.example.com"],
    ["a dot at its end", "https://app.example.com."],
    ["a wildcard's with a dot at its end", "https://a.example.org."],
    ["the default port written out", "https://app.example.com:443"],
    ["a wildcard's default port", "https://a.example.org:443"],
    ["a slash at its end", "https://app.example.com/"],
    ["a space inside", "https://a .example.org"],
    ["an empty label", "https://a..example.org"],
    ["an underscore in a label", "https://a_b.example.org"],
    ["a wildcard within a wildcard's", "https://*.a.example.org"],
    ["a fragment before a wildcard's host", "https://evil.test#.example.org"],
    ["a query before a wildcard's host", "https://evil.test?.example.org"],
    ["a backslash before a wildcard's host", "https://evil.test\\.example.org"],
    ["another scheme that ends so", "xhttps://app.example.com"],
    ["a file", "file://"],
  ])("%s (%s) gets no CORS header at all", async (_, origin) => {
    const [reply, asked] = [await from(origin), await preflight(origin)];
    expect(reply.status).toBe(200);
    for (const one of [reply, asked]) {
      expect(corsOf(one)).toEqual({});
      expect(variesByOrigin(one)).toBe(true);
    }
  });

  test("errors to a refused origin have none either", async () => {
    for (const path of ["/nowhere", "/api/items"]) {
      const reply = await from("https://evil.example.net", path);
      expect(corsOf(reply)).toEqual({});
      expect(variesByOrigin(reply)).toBe(true);
    }
  });

  test("a request without an origin is answered, and caches learn that origins differ", async () => {
    const reply = await from(undefined);
    expect([reply.status, corsOf(reply), variesByOrigin(reply)]).toEqual([200, {}, true]);
  });
});

describe("CORS_HEADERS", () => {
  useEngine({ env: { CORS_HEADERS: "X-Datadog-Trace-Id, bad name,, x_b3:y ,X-Tenant" } });

  test("adds its names to the allowed headers, without those that are no header names", async () => {
    const { headers } = await preflight("https://app.example.com");
    expect(headers.get("access-control-allow-headers")).toBe(`${HEADERS}, X-Datadog-Trace-Id, X-Tenant`);
  });
});

describe.each(["", " , "])("a list of nobody: %j", (setting) => {
  useEngine({ env: { CORS_ORIGINS: setting } });

  test.each(["https://app.example.com", "null"])("%s gets no CORS header", async (origin) => {
    expect(corsOf(await from(origin))).toEqual({});
  });
});
