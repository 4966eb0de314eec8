import * as fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { corsHeaders, isPreflight } from "./cors.middleware";

afterEach(() => vi.unstubAllEnvs());

const allows = (setting: string | undefined, origin: string): boolean => {
  vi.stubEnv("CORS_ORIGINS", setting);
  const request = new Request("https://api.example.test/", { headers: { Origin: origin } });
  return "Access-Control-Allow-Origin" in corsHeaders(request, "/");
};

test.each([
  [undefined, "https://a.example.com", true],
  ["*", "https://a.example.com", true],
  [" * ", "https://a.example.com", true],
  ["https://a.example.com,*", "https://b.example.com", true],
  ["", "https://a.example.com", false],
  ["https://a.example.com", "https://a.example.com", true],
  ["https://A.Example.com/", "https://a.example.com", true],
  ["https://a.example.com:8443", "https://a.example.com:8443", true],
  ["https://a.example.com:8443", "https://a.example.com", false],
  ["https://*.example.com:8443", "https://a.example.com:8443", true],
  ["https://*.example.com:8443", "https://a.example.com", false],
  ["http://*.localhost:3000", "http://app.localhost:3000", true],
  ["*.example.com", "https://a.example.com", false],
  ["https://*", "https://a.example.com", false],
  ["null", "null", true],
])("CORS_ORIGINS=%s and %s: %s", (setting, origin, allowed) => {
  expect(allows(setting, origin)).toBe(allowed);
});

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const subdomain = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));

test("a wildcard allows every subdomain", () => {
  fc.assert(
    fc.property(subdomain, (name) => {
      expect(allows("https://*.example.com", `https://${name}.example.com`)).toBe(true);
    }),
  );
});

test("a wildcard allows only subdomains, with any text before or after the domain", () => {
  const noise = fc.stringMatching(/^[a.:/@#?%*[\]_,-]{0,8}$/);
  fc.assert(
    fc.property(fc.constantFrom("https://", "http://"), noise, noise, (scheme, before, after) => {
      const origin = `${scheme}${before}.example.com${after}`;
      if (!allows("https://*.example.com", origin)) return;
      const { protocol, hostname, port, origin: itself } = new URL(origin);
      expect([protocol, port, itself]).toEqual(["https:", "", origin]);
      expect(hostname).toMatch(/^[a-z0-9.-]+\.example\.com$/);
    }),
    { numRuns: 2000 },
  );
});

test("webhooks have no CORS headers, and similar paths have them", () => {
  const request = new Request("https://api.example.test/", { headers: { Origin: "https://a.example.com" } });
  expect(corsHeaders(request, "/webhooks/clerk")).toEqual({});
  for (const path of ["/webhooksx", "/api/webhooks/clerk", "/api/webhook-events"])
    expect(corsHeaders(request, path)).toHaveProperty("Access-Control-Allow-Origin");
});

test("a preflight is an OPTIONS request with Origin and Access-Control-Request-Method", () => {
  const isPreflightWith = (method: string, headers: Record<string, string>) =>
    isPreflight(new Request("https://api.example.test/", { method, headers }));
  const both = { Origin: "https://a.example.com", "Access-Control-Request-Method": "PATCH" };
  expect(isPreflightWith("OPTIONS", both)).toBe(true);
  expect(isPreflightWith("GET", both)).toBe(false);
  expect(isPreflightWith("OPTIONS", { Origin: both.Origin })).toBe(false);
  expect(isPreflightWith("OPTIONS", { "Access-Control-Request-Method": "PATCH" })).toBe(false);
});
