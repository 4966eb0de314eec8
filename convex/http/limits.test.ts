import { describe, expect, test } from "vitest";
import { internal } from "../_generated/api";
import { hashApiKey } from "../identity/apiKey.lib";
import type { RouteLimit } from "../lib/rateLimit.lib";
import { as, advanceClock, run, send, useEngine } from "./testing/engine.testing";
import { mistyped, problem } from "./testing/replies.testing";

const MINUTE = 60_000;

/** Parses a structured field (RFC 9651) of the form `"name";a=1;b=2` into its name and its parameters. */
function members(field: string | null): Record<string, string | number> {
  const [policy = "", ...params] = (field ?? "").split(";");
  const numbers = params.map((param) => param.split("=")).map(([name = "", value]) => [name, Number(value)]);
  return { policy: policy.replaceAll('"', ""), ...(Object.fromEntries(numbers) as Record<string, number>) };
}

const rateLimit = (reply: Response) => members(reply.headers.get("ratelimit"));

describe("with 5 requests a minute for keys and 3 for addresses", () => {
  useEngine({ env: { RATE_LIMIT_KEY_PER_MINUTE: "5", RATE_LIMIT_IP_PER_MINUTE: "3" } });

  test("a key has its own bucket, every reply shows it, and 429 has Retry-After", async () => {
    const call = await as("ada");
    const first = await call("GET", "/api/keys");
    expect(members(first.headers.get("ratelimit-policy"))).toEqual({ policy: "key", q: 5, w: 60 });
    expect(rateLimit(first)).toMatchObject({ policy: "key", r: 4 });
    for (const left of [3, 2, 1, 0])
      expect(rateLimit(await call("GET", "/api/keys"))).toMatchObject({ r: left });

    const refused = await call("GET", "/api/keys");
    expect(rateLimit(refused)).toMatchObject({ policy: "key", r: 0 });
    const seconds = Number(refused.headers.get("retry-after"));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(12);
    await problem(refused, 429, "rate_limited");

    expect((await (await as("ada"))("GET", "/api/keys")).status).toBe(200);
    advanceClock(seconds * 1000);
    expect((await call("GET", "/api/keys")).status).toBe(200);
    advanceClock(MINUTE);
    expect(rateLimit(await call("GET", "/api/keys"))).toMatchObject({ r: 4 });
  });

  test("errors of an admitted caller show its bucket", async () => {
    const reply = await (await as("erring"))("GET", "/api/keys/nothing");
    expect(reply.status).toBe(404);
    expect(rateLimit(reply)).toMatchObject({ policy: "key", r: 4 });
  });

  test("refusals and replies without a body show the bucket, and browsers may read it", async () => {
    const call = await as("browser");
    const created = await call("POST", "/api/users", { name: "bolt", email: "bolt@example.com" });
    const path = created.headers.get("location") ?? "";
    const replies = [
      created,
      await call("GET", path, undefined, { "If-None-Match": "*" }),
      await call("PATCH", path, { name: "nut" }, { "If-Match": '"9"' }),
      await call("DELETE", path),
      await call("HEAD", path),
      await call("GET", path),
    ];
    expect(replies.map(({ status }) => status)).toEqual([201, 304, 412, 204, 404, 429]);
    expect(replies.map((reply) => rateLimit(reply)["r"])).toEqual([4, 3, 2, 1, 0, 0]);
    for (const { headers } of replies) {
      expect(headers.get("ratelimit-policy")).toBe('"key";q=5;w=60');
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.get("access-control-expose-headers")).toMatch(/\bRateLimit\b.*\bRetry-After\b/);
    }
  });

  test("a flood from an address does not affect a key that calls from the same address", async () => {
    advanceClock(MINUTE);
    const call = await as("behind");
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) statuses.push((await send("/", { headers: {} })).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect((await call("GET", "/api/keys")).status).toBe(200);
  });

  test("an unknown key takes from the address's bucket, and a mistyped key takes nothing", async () => {
    advanceClock(MINUTE);
    const call = await as("guesser");
    const { key } = await as("gone");
    await call("DELETE", `/api/users/${(await as("gone")).userId}`);
    const guess = () => send("/api/keys", { headers: { "X-API-Key": key } });
    const first = await guess();
    expect(rateLimit(first)).toMatchObject({ policy: "address", r: 2 });
    await problem(first, 403, "invalid_credential");
    await guess();
    await guess();
    await problem(guess(), 429, "rate_limited");

    const typo = await send("/api/keys", { headers: { "X-API-Key": mistyped(key) } });
    expect(typo.headers.has("ratelimit")).toBe(false);
    await problem(typo, 403, "invalid_credential");
  });

  test.each(["/health", "/health/ready"])("%s is never limited", async (path) => {
    for (let n = 0; n < 5; n++) {
      const reply = await send(path);
      expect(reply.status).toBe(200);
      expect(reply.headers.has("ratelimit")).toBe(false);
    }
  });

  test("preflights are never limited", async () => {
    const headers = { Origin: "https://app.example.com", "Access-Control-Request-Method": "POST" };
    for (let n = 0; n < 5; n++) {
      expect((await send("/api/keys", { method: "OPTIONS", headers })).status).toBe(204);
    }
  });

  test("a clock that is set back does not empty a bucket", async () => {
    const call = await as("traveller");
    await call("GET", "/api/keys");
    advanceClock(-10 * MINUTE);
    expect((await call("GET", "/api/keys")).status).toBe(200);
    advanceClock(10 * MINUTE);
  });

  test("an empty bucket is full after the clock was set back, and a clock that is a little behind does not fill it", async () => {
    const call = await as("late.traveller");
    for (let n = 0; n < 5; n++) await call("GET", "/api/keys");
    advanceClock(-10 * MINUTE);
    for (let n = 0; n < 5; n++) expect((await call("GET", "/api/keys")).status).toBe(200);

    advanceClock(-MINUTE / 2);
    const refused = await call("GET", "/api/keys");
    expect(refused.status).toBe(429);
    advanceClock(Number(refused.headers.get("retry-after")) * 1000);
    expect((await call("GET", "/api/keys")).status).toBe(200);
    advanceClock(11 * MINUTE);
  });

  test("30 concurrent requests take exactly the remaining requests of the bucket", async () => {
    const call = await as("crowd");
    const replies = await Promise.all(Array.from({ length: 30 }, () => call("GET", "/api/keys")));
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(25);
  });
});

describe("with a limit of the route's own", () => {
  useEngine({ env: { RATE_LIMIT_KEY_PER_MINUTE: "5", RATE_LIMIT_IP_PER_MINUTE: "3" } });
  const routeLimit = { bucket: "prices", perMinute: 4, cost: 2 };

  /** Admits a request of a key to a route with this limit, as the API does. */
  const admit = async ({ key }: { key: string }, limit: RouteLimit) => {
    const hash = await hashApiKey(key);
    const admission = await run("mutation", internal.auth.admitApiKey, { hash, routeLimit: limit });
    return admission.rateLimit;
  };

  test("a request takes its cost from the route's bucket, and one from the caller's", async () => {
    const call = await as("buyer");
    const first = await admit(call, routeLimit);
    expect(first).toMatchObject({ policy: "key", limit: 5, remaining: 4 });
    expect(first?.ofRoute).toMatchObject({ policy: "prices", limit: 4, remaining: 2 });
    expect((await admit(call, routeLimit))?.ofRoute).toMatchObject({ remaining: 0 });

    const refused = await admit(call, routeLimit);
    expect(refused?.ofRoute?.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(refused).not.toHaveProperty("retryAfterSeconds");
    // Other routes, other buckets and other callers have their own.
    expect(rateLimit(await call("GET", "/api/keys"))).toMatchObject({ policy: "key", r: 1 });
    const other = await admit(await as("other.buyer"), routeLimit);
    expect(other?.ofRoute).toMatchObject({ remaining: 2 });
    advanceClock(MINUTE);
    expect((await admit(call, routeLimit))?.ofRoute).toMatchObject({ remaining: 2 });
  });

  test("an empty bucket of the caller refuses before the route's bucket is used", async () => {
    const call = await as("hasty.buyer");
    for (let n = 0; n < 5; n++) await call("GET", "/api/keys");
    const refused = await admit(call, routeLimit);
    expect(refused?.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    expect(refused).not.toHaveProperty("ofRoute");
  });

  test("without a bucket, the cost is taken from the caller's, at most a full bucket", async () => {
    const call = await as("big.buyer");
    expect(await admit(call, { cost: 3 })).toMatchObject({ policy: "key", remaining: 2 });
    expect((await admit(call, { cost: 3 }))?.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    advanceClock(MINUTE);
    expect(await admit(call, { cost: 100 })).toMatchObject({ remaining: 0 });
  });

  test("5 concurrent requests take exactly what the route's bucket holds", async () => {
    const call = await as("crowd.of.buyers");
    advanceClock(MINUTE);
    const cheap = { bucket: "cheap", perMinute: 2 };
    const all = await Promise.all(Array.from({ length: 5 }, () => admit(call, cheap)));
    expect(all.filter((one) => one?.ofRoute && one.ofRoute.retryAfterSeconds === undefined)).toHaveLength(2);
  });
});

describe("with limits switched off", () => {
  useEngine({ env: { RATE_LIMIT_KEY_PER_MINUTE: "0", RATE_LIMIT_IP_PER_MINUTE: "0" } });

  test("no reply shows a bucket", async () => {
    const call = await as("ada");
    const replies = [
      await send("/"),
      await call("GET", "/api/keys"),
      await send("/api/keys", { headers: { "X-API-Key": mistyped(call.key) } }),
    ];
    for (const reply of replies) expect(reply.headers.has("ratelimit")).toBe(false);
  });
});
