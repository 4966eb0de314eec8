import { describe, expect, test } from "vitest";
import { PROBLEMS } from "../../lib/problems.lib";
import { as, send, useEngine } from "../testing/engine.testing";
import { json, problem } from "../testing/replies.testing";

useEngine();

test("GET / returns the name of the API and working links", async () => {
  const index = await json(send("/"));
  expect(index).toMatchObject({ name: expect.any(String) as string, version: expect.any(String) as string });
  const links = Object.values(index["links"] as Record<string, string>);
  expect(links.length).toBeGreaterThan(0);
  for (const link of links) expect((await send(link)).status).toBe(200);
});

describe("GET / redirects a client that prefers HTML to the reference page", () => {
  const asking = (accept: string) => send("/", { headers: { Accept: accept }, redirect: "manual" });

  test.each([
    "text/html",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
    "text/html, application/json;q=0.9",
    "text/html;level=1, */*;q=0.1",
    "TEXT/HTML",
  ])("%s", async (accept) => {
    const { status, headers } = await asking(accept);
    expect([status, headers.get("location")]).toEqual([302, "/docs"]);
    expect(headers.get("vary")).toMatch(/\bAccept\b/);
    expect((await send("/docs")).status).toBe(200);
  });

  test.each([
    "*/*",
    "application/json",
    "application/json, text/html",
    "application/json, text/html;q=0.9, */*;q=0.1",
    "text/html;q=0.1, */*",
    "text/html; q=0.5, application/*; q=0.8",
    "text/html;q=0, */*;q=0",
    "image/png",
    "text/htmlx",
    "",
  ])("and returns JSON otherwise: %s", async (accept) => {
    const reply = await asking(accept);
    expect(reply.headers.get("vary")).toMatch(/\bAccept\b/);
    expect(await json(reply)).toMatchObject({ links: { docs: "/docs", openapi: "/openapi.json" } });
  });
});

test("GET /health returns ok", async () => {
  const reply = await send("/health");
  expect(reply.headers.get("content-type")).toMatch(/^application\/json/);
  expect(await json(reply)).toEqual({ status: "ok" });
});

test("GET /health/ready has one check for each dependency, with its milliseconds", async () => {
  expect(await json(send("/health/ready"))).toEqual({
    status: "ready",
    checks: [
      { name: "database.read", ok: true, ms: expect.any(Number) as number },
      { name: "database.write", ok: true, ms: expect.any(Number) as number },
    ],
  });
});

test("public routes outside /api ignore unknown query parameters", async () => {
  for (const path of ["/", "/health", "/health/ready", "/problems/internal"])
    expect((await send(`${path}?utm_source=x&utm_source=y`)).status).toBe(200);
});

test("a public route ignores credentials", async () => {
  expect((await send("/health", { headers: { "X-API-Key": "x", Authorization: "Bearer y" } })).status).toBe(
    200,
  );
});

describe("GET /problems/:code", () => {
  test.each(Object.entries(PROBLEMS))("explains %s", async (code, { status, title }) => {
    expect(await json(send(`/problems/${code}`))).toEqual({
      code,
      status,
      title,
      explanation: expect.stringMatching(/^[A-Z].{20,}\.$/) as string,
    });
  });

  test.each(["nothing", "constructor", "__proto__", "toString", "NOT_FOUND", "%00"])(
    "returns 404 for the unknown code %s",
    async (code) => {
      await problem(send(`/problems/${code}`), 404, "not_found");
    },
  );

  test("returns a page to a browser, with a policy that forbids scripts", async () => {
    const reply = await send("/problems/not_found", { headers: { Accept: "text/html,*/*;q=0.8" } });
    expect(reply.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(reply.headers.get("content-security-policy")).toMatch(/^default-src 'none'; (?!.*script)/);
    expect(reply.headers.get("vary")).toMatch(/\bAccept\b/);
    const page = await reply.text();
    expect(page).toContain("<h1>Not found</h1>");
    expect(page).toContain("Status 404");
    expect(page).toContain("<code>not_found</code>");
    expect(page).toContain('href="/docs"');
  });

  test.each(["application/json, text/html;q=0.9", "*/*", ""])(
    "returns JSON for Accept: %s",
    async (accept) => {
      const reply = await send("/problems/not_found", { headers: { Accept: accept } });
      expect(reply.headers.get("vary")).toMatch(/\bAccept\b/);
      expect(await json(reply)).toMatchObject({ code: "not_found" });
    },
  );

  test("returns the same 404 to a browser for an unknown code", async () => {
    const headers = { Accept: "text/html" };
    await problem(send("/problems/nothing", { headers }), 404, "not_found");
  });

  test("is the address in the type of a problem", async () => {
    const { type, title } = await problem((await as("ada"))("GET", "/api/keys/nothing"), 404, "not_found");
    expect(await json(send(new URL(type).pathname))).toMatchObject({ code: "not_found", title });
  });
});

test("every reply has the security headers and Cache-Control", async () => {
  const call = await as("ada");
  const replies = [
    send("/"),
    send("/nowhere"),
    call("GET", "/api/keys"),
    call("POST", "/api/keys", {}),
    send("/api/keys"),
  ];
  for (const reply of replies) {
    const { headers } = await reply;
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("strict-transport-security")).toMatch(/^max-age=\d{8}/);
    expect(headers.get("cache-control")).toMatch(/no-cache|no-store/);
  }
  expect((await call("GET", "/api/keys")).headers.get("cache-control")).toContain("private");
});
