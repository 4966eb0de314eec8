import { describe, expect, test } from "vitest";
import { PROBLEMS } from "../kit/problem.kit";
import { as, send, useEngine } from "../testing/engine.testing";
import { json, problem } from "../testing/replies.testing";

useEngine();

test("GET / names the API, and its links lead somewhere", async () => {
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
  ])("and answers JSON otherwise: %s", async (accept) => {
    const reply = await asking(accept);
    expect(reply.headers.get("vary")).toMatch(/\bAccept\b/);
    expect(await json(reply)).toMatchObject({ links: { docs: "/docs", openapi: "/openapi.json" } });
  });
});

test("GET /health answers", async () => {
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

test("public routes other than those under /api ignore query parameters that they do not know", async () => {
  for (const path of ["/", "/health", "/health/ready", "/problems/internal"])
    expect((await send(`${path}?utm_source=x&utm_source=y`)).status).toBe(200);
});

test("a public route takes no notice of a credential", async () => {
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
    "knows no problem %s",
    async (code) => {
      await problem(send(`/problems/${code}`), 404, "not_found");
    },
  );

  test("is a page for a browser, with a policy that runs nothing", async () => {
    const reply = await send("/problems/not_found", { headers: { Accept: "text/html,*/*;q=0.8" } });
    expect(reply.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(reply.headers.get("content-security-policy")).toMatch(/^default-src 'none'; (?!.*script)/);
    expect(reply.headers.get("vary")).toMatch(/\bAccept\b/);
    const page = await reply.text();
    expect(page).toContain("<h1>Not found</h1>");
    expect(page).toContain("<code>not_found</code>, status 404");
    expect(page).toContain('href="/docs"');
  });

  test.each(["application/json, text/html;q=0.9", "*/*", ""])("is JSON for Accept: %s", async (accept) => {
    const reply = await send("/problems/not_found", { headers: { Accept: accept } });
    expect(reply.headers.get("vary")).toMatch(/\bAccept\b/);
    expect(await json(reply)).toMatchObject({ code: "not_found" });
  });

  test("is the same 404 for a browser if the code does not exist", async () => {
    const headers = { Accept: "text/html" };
    await problem(send("/problems/nothing", { headers }), 404, "not_found");
  });

  test("is where the type of a problem leads", async () => {
    const { type, title } = await problem((await as("ada"))("GET", "/api/items/nothing"), 404, "not_found");
    expect(await json(send(new URL(type).pathname))).toMatchObject({ code: "not_found", title });
  });
});

test("every reply forbids sniffing, framing and plain HTTP, and says who may cache it", async () => {
  const call = await as("ada");
  const replies = [
    send("/"),
    send("/nowhere"),
    call("GET", "/api/items"),
    call("POST", "/api/items", {}),
    send("/api/items"),
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
  expect((await call("GET", "/api/items")).headers.get("cache-control")).toContain("private");
});
