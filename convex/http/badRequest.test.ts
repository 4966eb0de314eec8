/** Every invalid path, cursor, header and method gets a problem with the right status, never a 500 and never a hang. */
import { describe, expect, test } from "vitest";
import { checksum } from "../lib/checksum.lib";
import { api } from "./api.app";
import { as, send, useEngine } from "./testing/engine.testing";
import { newKey } from "./testing/keys.testing";
import { json, problem } from "./testing/replies.testing";
import { routeOf } from "./testing/routes.testing";

useEngine();

describe("paths", () => {
  test.each([
    "%F0%9F%98%80",
    "😀",
    "%00",
    "a%00b",
    "%2F",
    "..%2F..",
    "%2e%2e",
    "a%20b",
    "x".repeat(4000),
    "%D8%00",
  ])("the id %s returns 404", async (id) => {
    const call = await as("ada");
    await problem(call("GET", `/api/keys/${id}`), 404, "not_found");
  });

  test.each(["%", "%zz", "%E0%A4%A", "%ED%A0%80", "%FF", "%C0%AF"])(
    "broken percent-encoding: %s",
    async (id) => {
      const call = await as("ada");
      for (const path of [`/api/keys/${id}`, `/${id}`, `/problems/${id}`])
        expect([400, 404]).toContain((await call("GET", path)).status);
    },
  );

  test.each([
    "/nowhere",
    "/api",
    "/api/",
    "/api/key",
    "/api//keys",
    "/api/keys/a/b",
    "/problems",
    "/%2e%2e/x",
  ])("%s is not a route", async (path) => {
    await problem(send(path), 404, "not_found");
    await problem(send(path, { method: "POST", body: "x" }), 404, "not_found");
  });

  test("a very long path or query is refused", async () => {
    for (const path of ["/" + "x".repeat(100_000), `/api/keys?${"x".repeat(100_000)}`])
      expect([404, 401, 414, 431]).toContain((await send(path)).status);
  });
});

describe("cursors", () => {
  /** Returns a forged cursor with a valid checksum. It must not give access to more than an issued cursor. */
  const forged = (position: string) => {
    const text = btoa(position).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    return text + checksum(JSON.stringify(["listKeys", []]) + text);
  };

  test.each(["", "null", "{}", "[]", "[1]", '["1","a"]', "[1,2]", "[null,null]", "[1,", "\u00ff"])(
    "a cursor with the invalid position %j is refused",
    async (position) => {
      const reply = (await as("ada"))("GET", `/api/keys?cursor=${encodeURIComponent(forged(position))}`);
      await problem(reply, 400, "invalid_cursor");
    },
  );

  test.each([
    '[1,""]',
    '[-1,"a"]',
    '[1e308,"a"]',
    '[1e999,"a"]',
    String.raw`[1,"\u0000"]`,
    String.raw`[9e15,"\ud800"]`,
  ])("a cursor with the position %s, which no document has, does not fail", async (position) => {
    const ada = await as("ada");
    await json(ada("POST", "/api/keys", newKey()), 201);
    const reply = await ada("GET", `/api/keys?cursor=${encodeURIComponent(forged(position))}`);
    expect([200, 400]).toContain(reply.status);
  });
});

describe("headers", () => {
  test.each(["X-API-Key", "Authorization", "X-Request-Id", "If-None-Match", "Content-Type", "Origin"])(
    "16 KiB in %s are refused",
    async (name) => {
      const reply = await send("/api/keys", { headers: { [name]: "x".repeat(16_384) } });
      // A server on a socket may refuse the headers with 431.
      expect([400, 401, 403, 431]).toContain(reply.status);
    },
  );

  test.each(["é", "\u00ff\u00fe", "%00"])("the credential %j is refused", async (text) => {
    for (const headers of [{ "X-API-Key": text }, { Authorization: `Bearer ${text}` }])
      await problem(send("/api/keys", { headers }), 403, "invalid_credential");
  });

  test.each([
    "",
    ";",
    "application/json/x",
    "application/json x",
    "text/html;application/json",
    "APPLICATION/JSO",
  ])("the media type %j returns 415", async (type) => {
    const call = await as("ada");
    await problem(
      call("POST", "/api/keys", newKey(), { "Content-Type": type }),
      415,
      "unsupported_media_type",
    );
  });

  test.each(["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"])(
    "the media type %j is accepted as JSON",
    async (type) => {
      await json((await as("ada"))("POST", "/api/keys", newKey(), { "Content-Type": type }), 201);
    },
  );

  test.each(["a", "req-1_2.3", "x".repeat(128)])("the request id %s is echoed", async (id) => {
    expect((await send("/health", { headers: { "X-Request-Id": id } })).headers.get("x-request-id")).toBe(id);
  });

  test.each(["", "a b", "x".repeat(129), "a/b", "é", '{"level":"error"}', "a,b"])(
    "the request id %j is replaced",
    async (id) => {
      const reply = await send("/nowhere", { headers: { "X-Request-Id": id } });
      expect(reply.headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    },
  );
});

const contracts = await api.contracts();

describe("methods", () => {
  const methods = new Map<string, string[]>();
  for (const { path, method } of contracts.map(routeOf))
    methods.set(path, [...(methods.get(path) ?? []), method]);

  test.each([...methods])("%s accepts only %j, and lists them in Allow", async (path, accepted) => {
    const allowed = [
      ...accepted.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])),
      "OPTIONS",
    ].sort();
    for (const method of ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "PURGE"]) {
      if (allowed.includes(method)) continue;
      const reply = await send(path, { method });
      expect(reply.headers.get("allow")?.split(", ").sort()).toEqual(allowed);
      if (method === "HEAD") expect(reply.status).toBe(405);
      else await problem(reply, 405, "method_not_allowed");
    }
    const options = await send(path, { method: "OPTIONS" });
    const patched = /\bPATCH\b/.test(options.headers.get("allow") ?? "");
    expect(options.headers.get("accept-patch")).toBe(patched ? "application/json" : null);
    expect([options.status, options.headers.get("allow")?.split(", ").sort()]).toEqual([204, allowed]);
  });
});

describe("a problem", () => {
  test("has exactly the documented fields", async () => {
    const { key } = await as("ada");
    const headers = { "X-API-Key": key, "X-Request-Id": "req-1", "Content-Type": "application/json" };
    const body = JSON.stringify(newKey(""));
    const reply = await send("/api/keys", { method: "POST", headers, body });
    expect([reply.status, reply.headers.get("x-request-id")]).toEqual([400, "req-1"]);
    expect(reply.headers.get("content-type")).toBe("application/problem+json");
    expect(await reply.json()).toEqual({
      type: "https://api.example.test/problems/invalid_request",
      title: "Invalid request",
      status: 400,
      code: "invalid_request",
      detail: "name: must not be empty",
      error: "name: must not be empty",
      requestId: "req-1",
      errors: [{ in: "body", path: "name", message: "must not be empty" }],
    });
  });

  test("has no errors without an invalid field, and does not use X-Forwarded-Host in its type", async () => {
    const reply = await send("/nowhere", { headers: { "X-Forwarded-Host": "evil.example.com" } });
    const body = await problem(reply, 404, "not_found");
    expect(body).not.toHaveProperty("errors");
    expect(body.type).toBe("https://api.example.test/problems/not_found");
    expect(body.requestId).toBe(reply.headers.get("x-request-id"));
  });
});
