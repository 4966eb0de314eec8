import { describe, expect, test } from "vitest";
import { json, problem } from "../../../convex/http/testing/replies.testing";
import { deployedDocument } from "../../../convex/lib/deployedDocument.lib";
import { uniqueName, send } from "./client";
import { committed, problemCodes } from "./document";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("the index", () => {
  test("has no broken links", async () => {
    const { links } = await json(send("/"));
    for (const path of Object.values(links as Record<string, string>))
      expect([path, (await send(path)).status]).toEqual([path, 200]);
  });

  test("redirects a browser to the reference", async () => {
    const reply = await send("/", { headers: { Accept: "text/html,*/*;q=0.8" } });
    expect([reply.status, reply.headers.get("location")]).toEqual([302, "/docs"]);
  });
});

describe("health", () => {
  test("the process answers", async () => {
    expect(await json(send("/health"))).toEqual({ status: "ok" });
  });

  test("every dependency answers", async () => {
    const { status, checks } = await json(send("/health/ready"));
    expect(status).toBe("ready");
    for (const check of checks as object[]) expect(check).toMatchObject({ ok: true });
  });
});

test("the reference is a page with its own security policy", async () => {
  const reply = await send("/docs");
  expect(reply.headers.get("content-type")).toMatch(/^text\/html/);
  expect(reply.headers.get("content-security-policy")).toContain("script-src");
  expect(await reply.text()).toMatch(/^<!doctype html>/i);
});

describe("every reply", () => {
  test.each(["/health", "/nowhere"])("of %s has the request id of the client", async (path) => {
    const id = uniqueName();
    const reply = await send(path, { headers: { "X-Request-Id": id } });
    expect(reply.headers.get("x-request-id")).toBe(id);
  });

  test("has a new request id if the client sends none or an invalid one", async () => {
    const bad = { headers: { "X-Request-Id": "no id!" } };
    const ids = [await send("/health"), await send("/health", bad)].map(({ headers }) =>
      headers.get("x-request-id"),
    );
    for (const id of ids) expect(id).toMatch(UUID);
    expect(ids[0]).not.toBe(ids[1]);
  });

  test.each(["/health", "/nowhere"])("of %s has security headers", async (path) => {
    const { headers } = await send(path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("strict-transport-security")).toMatch(/max-age=\d+/);
    for (const name of ["referrer-policy", "content-security-policy"]) expect(headers.has(name)).toBe(true);
  });
});

describe("routing", () => {
  test("HEAD is answered as GET, without a body", async () => {
    const [head, get] = [await send("/health", { method: "HEAD" }), await send("/health")];
    expect([head.status, await head.text()]).toEqual([200, ""]);
    expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
  });

  test("an unknown path is a problem", async () => {
    await problem(send("/nowhere"), 404, "not_found");
  });

  test("a wrong method is a problem that lists the allowed methods", async () => {
    const reply = await send("/api/keys", { method: "PUT" });
    expect(reply.headers.get("allow")?.split(/, */)).toEqual(expect.arrayContaining(["GET", "POST"]));
    await problem(reply, 405, "method_not_allowed");
  });

  test("a trailing slash is ignored, or redirects to the path without it", async () => {
    const reply = await send("/health/");
    const redirected = [301, 302, 307, 308].includes(reply.status);
    expect(redirected ? reply.headers.get("location") : ((await reply.json()) as unknown)).toEqual(
      redirected ? "/health" : { status: "ok" },
    );
  });
});

describe("the OpenAPI document", () => {
  test("is the committed document with the deployment as its server", async () => {
    const served = await json(send("/openapi.json"));
    const { servers } = served;
    const [{ url }] = servers as [{ url: string }];
    const { contact } = served["info"] as { contact: { name: string } };
    const written = committed() as { info: object };
    expect(served).toEqual(deployedDocument(written, url, contact));
    expect(servers).toMatchObject([{ url: expect.stringMatching(/^https?:\/\//) as string }]);
  });

  test("is not sent again to a client with its ETag", async () => {
    const { headers } = await send("/openapi.json");
    const again = await send("/openapi.json", { headers: { "If-None-Match": headers.get("etag") ?? "" } });
    expect([again.status, await again.text()]).toEqual([304, ""]);
  });
});

describe("problems", () => {
  test("each code is explained", async () => {
    for (const code of problemCodes()) expect(await json(send(`/problems/${code}`))).toMatchObject({ code });
  });

  test("the type of a problem leads to its explanation", async () => {
    const { type, status, title } = await problem(send("/nowhere"), 404, "not_found");
    expect(await json(send(new URL(type).pathname))).toMatchObject({ code: "not_found", status, title });
  });

  test("an unknown code is a problem", async () => {
    await problem(send("/problems/nothing"), 404, "not_found");
  });
});
