import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import scalar from "../../../openapi/scalar.json";
import { send, useEngine } from "../testing/engine.testing";

const generated = JSON.parse(readFileSync("openapi/openapi.json", "utf8")) as object;
const SITE = "https://api.example.test";

const policyOf = ({ headers }: Response) =>
  Object.fromEntries(
    (headers.get("content-security-policy") ?? "").split("; ").map((directive) => {
      const [name = "", ...sources] = directive.split(" ");
      return [name, sources];
    }),
  );

/** Returns the attributes of the first tag that begins with this text. */
function attributesOf(html: string, start: string): Record<string, string> {
  const tag = html.slice(html.indexOf(start)).split(">", 1)[0] ?? "";
  return Object.fromEntries(
    [...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name = "", value = ""]) => [
      name,
      value.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&"),
    ]),
  );
}

describe("GET /openapi.json", () => {
  useEngine();

  test("returns the generated document with this deployment as its server", async () => {
    const reply = await send("/openapi.json");
    expect(reply.headers.get("content-type")).toBe("application/json");
    const written = JSON.stringify(generated).replaceAll("https://api.example.com", SITE);
    expect(await reply.json()).toEqual({ ...(JSON.parse(written) as object), servers: [{ url: SITE }] });
  });

  test("has the deployment's address in its quick start", async () => {
    const { info } = (await (await send("/openapi.json")).json()) as { info: { description: string } };
    expect(info.description).toContain(`curl ${SITE}/api/`);
    expect(info.description).not.toContain("api.example.com");
  });

  test("can be read by a page of any origin and supports If-None-Match", async () => {
    const headers = { Origin: "https://editor.example" };
    const first = await send("/openapi.json", { headers });
    const ETag = first.headers.get("etag") ?? "";
    expect(first.headers.get("access-control-allow-origin")).toBe("*");
    expect(first.headers.get("access-control-expose-headers")).toContain("ETag");
    const again = await send("/openapi.json", { headers: { ...headers, "If-None-Match": ETag } });
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", ETag]);
    expect(again.headers.get("access-control-allow-origin")).toBe("*");
    expect(again.headers.get("content-type")).toBeNull();
  });

  test("describes itself and its page", () => {
    expect(generated).toMatchObject({
      servers: [{ url: "/" }],
      paths: { "/openapi.json": { get: { security: [] } }, "/docs": { get: { security: [] } } },
    });
  });
});

describe("GET /docs", () => {
  useEngine();

  test("loads one script of a fixed version from a CDN and checks its integrity", async () => {
    const reply = await send("/docs");
    expect(reply.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const html = await reply.text();
    const src = `https://cdn.jsdelivr.net/npm/@scalar/api-reference@${scalar.version}/dist/browser/standalone.js`;
    const { integrity } = scalar;
    expect(attributesOf(html, "<script src")).toEqual({ src, integrity, crossorigin: "anonymous" });
    expect(policyOf(reply)["script-src"]).toEqual([src]);
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).not.toMatch(/\son\w+=|javascript:/);
  });

  test("shows the document of its own host and contacts only this host", async () => {
    const reply = await send("/docs");
    const embed = attributesOf(await reply.text(), '<script id="api-reference"');
    expect(embed).toMatchObject({ type: "application/json", "data-url": "/openapi.json" });
    expect(JSON.parse(embed["data-configuration"] ?? "")).toMatchObject({
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
    });
    const policy = policyOf(reply);
    expect(policy).toMatchObject({
      "default-src": ["'none'"],
      "frame-ancestors": ["'none'"],
      "base-uri": ["'none'"],
      "form-action": ["'none'"],
    });
    expect(policy["connect-src"]).toContain("'self'");
    expect(policy["connect-src"]).toContain(SITE);
  });

  test("has the security headers, and a 304 has its policy too", async () => {
    const { headers } = await send("/docs");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    const again = await send("/docs", { headers: { "If-None-Match": headers.get("etag") ?? "" } });
    expect(again.status).toBe(304);
    expect(again.headers.get("content-security-policy")).toBe(headers.get("content-security-policy"));
  });
});

describe.each([
  ["/docs/scalar.js", "'self'"],
  ["https://static.example:8443/a/scalar.js?v=1", "https://static.example:8443/a/scalar.js"],
  ["http://127.0.0.1:9/x.js; script-src *", "http://127.0.0.1:9/x.js"],
  ["'unsafe-inline' *", "'self'"],
  ['/x.js"><script>alert(1)</script>', "'self'"],
])("DOCS_SCRIPT_URL=%s", (url, source) => {
  useEngine({ env: { DOCS_SCRIPT_URL: url } });

  test(`loads the script from there, permits only ${source}, and checks its integrity`, async () => {
    const reply = await send("/docs");
    const html = await reply.text();
    expect(attributesOf(html.replaceAll("&gt;", "\0"), "<script src")).toMatchObject({
      src: url.replaceAll(">", "\0"),
      integrity: scalar.integrity,
    });
    expect(policyOf(reply)["script-src"]).toEqual([source]);
    expect(html.match(/<script/g)).toHaveLength(2);
  });
});

describe.each([
  ["help@example.org", { name: "Support", email: "help@example.org" }],
  [" https://example.org/help ", { name: "Support", url: "https://example.org/help" }],
  ["", { name: "The operator of this deployment" }],
  ["javascript:alert(1)", { name: "The operator of this deployment" }],
])("API_CONTACT=%s", (API_CONTACT, contact) => {
  useEngine({ env: { API_CONTACT } });

  test(`makes the contact ${JSON.stringify(contact)}`, async () => {
    expect(await (await send("/openapi.json")).json()).toMatchObject({ info: { contact } });
  });
});

describe("an empty DOCS_SCRIPT_URL", () => {
  useEngine({ env: { DOCS_SCRIPT_URL: "" } });

  test("counts as unset", async () => {
    expect(await (await send("/docs")).text()).toContain('<script src="https://cdn.jsdelivr.net/');
  });
});
