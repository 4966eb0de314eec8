import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { newApiKey } from "../../identity/apiKey.lib";
import { fail } from "../../lib/failure.lib";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";

const lines: { level: "log" | "error"; text: string }[] = [];
beforeEach(() => {
  lines.length = 0;
  for (const level of ["log", "error"] as const)
    vi.spyOn(console, level).mockImplementation((text: unknown) => lines.push({ level, text: String(text) }));
});
afterEach(() => vi.restoreAllMocks());

/** Expects one logged line and returns its JSON. */
function line(): Record<string, unknown> {
  expect(lines).toHaveLength(1);
  expect(lines[0]?.text).not.toMatch(/[\n\r]/);
  return JSON.parse(lines[0]?.text ?? "") as Record<string, unknown>;
}

const user = { _id: "user1", _creationTime: 0, name: "Ada", email: "ada@example.com", revision: 1 };

describe("one line of JSON for each request", () => {
  test("that succeeds, with the route, the outcome and the key", async () => {
    const { key, publicId, answers } = await goodKey();
    const { send } = fakeContext({ ...answers, "users:get": () => user });
    const headers = { "X-API-Key": key, "X-Request-Id": "req-1" };
    await send("/api/users/user1?limit=1", { headers });
    expect(line()).toMatchObject({ level: "info", status: 400, code: "invalid_request" });
    lines.length = 0;
    await send("/api/users/user1", { headers });
    expect(line()).toEqual({
      level: "info",
      method: "GET",
      route: "/api/users/:id",
      status: 200,
      ms: expect.any(Number) as number,
      requestId: "req-1",
      key: publicId,
    });
  });

  test("that is refused, with the code of the problem", async () => {
    const { send } = fakeContext();
    const refused = [
      ["/nowhere", "GET", 404, "not_found", "(no route)"],
      ["/health", "DELETE", 405, "method_not_allowed", "/health"],
      ["/api/users", "GET", 401, "unauthenticated", "/api/users"],
    ] as const;
    for (const [path, method, status, code, route] of refused) {
      await send(path, { method });
      expect(line()).toMatchObject({ level: "info", method, status, code, route });
      lines.length = 0;
    }
  });

  test("that is a rejected webhook, with a reason that the reply does not contain", async () => {
    vi.stubEnv("CLERK_WEBHOOK_SECRET", "x");
    const reason = "no secret matched: 1 tried";
    const { send } = fakeContext({
      "clerk:verifyAndProcess": () => fail("webhook_rejected", "Webhook verification failed", { reason }),
    });
    const signed = { "svix-id": "1", "svix-timestamp": "1", "svix-signature": "v1,0" };
    const reply = await send("/webhooks/clerk", { method: "POST", body: "{}", headers: signed });
    expect(line()).toMatchObject({ status: 400, code: "webhook_rejected", reason });
    expect(await reply.text()).not.toContain("secret");
    vi.unstubAllEnvs();
  });

  test("that is a preflight or a HEAD request", async () => {
    const { send } = fakeContext();
    for (const [path, method] of [
      ["/api/users", "OPTIONS"],
      ["/health", "HEAD"],
    ] as const) {
      const headers = { Origin: "https://a.example", "Access-Control-Request-Method": "GET" };
      await send(path, { method, headers });
      expect(line()).toMatchObject({ method, route: path });
      lines.length = 0;
    }
  });

  test.each([
    ["OPTIONS", "/api/users/s3cret", "DELETE", 204, "/api/users/:id"],
    ["OPTIONS", "/api/users/s3cret/", "GET", 204, "/api/users/:id"],
    ["OPTIONS", "/api/upload-url", "POST", 204, "/api/upload-url"],
    ["OPTIONS", "/api/upload-url", "GET", 204, "/api/upload-url"],
    ["OPTIONS", "/api/users/s3cret", "S3CRET", 204, "/api/users/:id"],
    ["OPTIONS", "/s3cret", "GET", 204, "(no route)"],
    ["POST", "/api/users/s3cret", undefined, 405, "/api/users/:id"],
  ])("%s %s, asking for %s: %i with the route of the path", async (method, path, asked, status, route) => {
    const { send } = fakeContext();
    const headers = {
      Origin: "https://a.example",
      ...(asked !== undefined && { "Access-Control-Request-Method": asked }),
    };
    await send(path, { method, headers });
    expect(line()).toMatchObject({ method, status, route });
    expect(lines[0]?.text.toLowerCase()).not.toContain("s3cret");
  });

  test("with the user of a token", async () => {
    const caller = { userId: "user1", scopes: ["*"], credential: "user:user1" };
    const { send } = fakeContext({ "auth:validateToken": () => caller, "users:get": () => user });
    await send("/api/users/user1", { headers: { Authorization: "Bearer a.b.c" } });
    expect(line()).toMatchObject({ status: 200, user: "user1", route: "/api/users/:id" });
    expect(line()).not.toHaveProperty("key");
    expect(lines[0]?.text).not.toContain("a.b.c");
  });

  test("that fails, as an error with a cause that the reply does not contain", async () => {
    const { key, answers } = await goodKey();
    const { send } = fakeContext({
      ...answers,
      "users:list": () => {
        throw new Error("disk 7\nis on fire");
      },
    });
    const reply = await send("/api/users", { headers: { "X-API-Key": key } });
    expect(reply.status).toBe(500);
    const text = await reply.text();
    expect(JSON.parse(text)).toMatchObject({ code: "internal", detail: "Internal server error" });
    expect(text).not.toContain("fire");
    expect(text).not.toContain("stack");
    expect(lines[0]?.level).toBe("error");
    expect(line()).toMatchObject({
      level: "error",
      status: 500,
      code: "internal",
      cause: expect.stringContaining("disk 7\nis on fire") as string,
      requestId: reply.headers.get("x-request-id"),
    });
  });

  test.each([[null], ["text"], [{ a: 1 }], [new Error("x", { cause: "y" })]])(
    "that throws %o",
    async (thrown) => {
      const { key, answers } = await goodKey();
      const list = () => {
        throw thrown as Error;
      };
      const { send } = fakeContext({ ...answers, "users:list": list });
      const reply = await send("/api/users", { headers: { "X-API-Key": key } });
      expect(await reply.json()).toMatchObject({ status: 500, error: "Internal server error" });
      expect(line()).toMatchObject({ level: "error", code: "internal" });
    },
  );
});

describe("a log line contains no secret", () => {
  test("from a valid or invalid key, a body, a query, a path or another header", async () => {
    const { key, answers } = await goodKey();
    const bad = (await newApiKey()).key;
    const { send } = fakeContext({ ...answers, "users:register": () => user });
    const body = JSON.stringify({ name: "s3cret-body", email: "ada@example.com" });
    const more = {
      "Content-Type": "application/json",
      Cookie: "s3cret-cookie",
      "User-Agent": "s3cret-agent",
    };
    await send("/api/users", { method: "POST", headers: { ...more, Authorization: `Bearer ${key}` }, body });
    await send("/api/users?token=s3cret-query", { headers: { ...more, "X-API-Key": key } });
    await send("/s3cret-path", { headers: more });
    await send("/problems/s3cret-path", { headers: more });
    await send("/api/users", { headers: { ...more, "X-API-Key": `${bad}x` } });
    expect(lines).toHaveLength(5);
    for (const { text } of lines) {
      expect(text).not.toContain("s3cret");
      for (const one of [key, bad])
        for (const part of one.split("_").slice(2)) expect(text).not.toContain(part);
    }
  });
});

describe("a client cannot forge a log line", () => {
  const forged = '"}\n{"level":"error","cause":"forged';

  test("with a request id, a path, a method or a field", async () => {
    const { key, answers } = await goodKey();
    const { send } = fakeContext(answers);
    await send(`/${encodeURIComponent(forged)}`);
    await send("/health", { headers: { "X-Request-Id": '{"level":"error"}' } });
    await send("/health", { method: "X'LEVEL'ERROR" });
    const body = JSON.stringify({ [forged]: forged });
    await send("/api/users", {
      method: "POST",
      headers: { "X-API-Key": key, "Content-Type": "application/json" },
      body,
    });
    expect(lines).toHaveLength(4);
    for (const { text } of lines) {
      expect(text.split(/[\n\r\u2028\u2029]/)).toHaveLength(1);
      expect(JSON.parse(text)).not.toHaveProperty("cause");
    }
  });
});
