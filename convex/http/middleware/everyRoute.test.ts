/** Failures that can happen on any route. The tests are generated from the contracts. The functions fail or never return. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api } from "../api.app";
import { newApiKey } from "../../identity/apiKey.lib";
import { credentialHeader } from "../testing/requests.testing";
import { fakeContext } from "../testing/fakeContext.testing";
import { json, problem } from "../testing/replies.testing";
import { bodyFor, pathWith, routeOf, type Route } from "../testing/routes.testing";

type Answers = Parameters<typeof fakeContext>[0];

const routes = (await api.contracts()).map(routeOf);

beforeEach(() => {
  // With rate limits, admission is a mutation. Therefore almost every route calls a function.
  vi.stubEnv("RATE_LIMIT_KEY_PER_MINUTE", "10");
  vi.stubEnv("RATE_LIMIT_IP_PER_MINUTE", "10");
  for (const { needs } of routes) if (needs) vi.stubEnv(needs.setting, "whsec_c2VjcmV0");
});
afterEach(() => vi.unstubAllEnvs());

/** Sends a valid request with a well-formed key. */
async function ask(route: Route, answers: Answers, more: Record<string, string> = {}) {
  const { asked, send } = fakeContext(answers);
  const { key } = await newApiKey();
  const body = route.body?.type === "signedText" ? { type: "application/json", text: "{}" } : bodyFor(route);
  const headers = {
    ...(route.scope !== null && credentialHeader(route, key)),
    ...(body && { "Content-Type": body.type }),
    ...Object.fromEntries(Object.keys(route.docs().headers ?? {}).map((name) => [name, "x"])),
    ...more,
  };
  const init = { method: route.method, headers, ...(body && { body: body.text }) };
  return { reply: await send(pathWith(route, "nothing"), init), asked };
}

const named = (those: readonly Route[]) => those.map((route) => [route.title, route] as const);
/** Excludes /health, which calls no function. */
const working = routes.filter(({ path }) => path !== "/health");
/** Excludes /health/ready, which reports the failure of a function. */
const failing = working.filter(({ path }) => path !== "/health/ready");
const limited = working.filter(({ scope, unlimited }) => scope !== null || !unlimited);

test.each(named(failing))("%s: returns 500 without the cause if a function fails", async (_, route) => {
  const { reply, asked } = await ask(route, () => Promise.reject(new Error("secret")));
  expect(asked).toHaveLength(1);
  expect((await problem(reply, 500, "internal")).detail).toBe("Internal server error");
});

test.each([
  ["reads", false, true],
  ["writes", true, false],
  ["reads and writes", false, false],
])("/health/ready reports which checks fail: %s", async (_, reads, writes) => {
  const answer = (ok: boolean) => () => (ok ? null : Promise.reject(new Error("secret")));
  const { send } = fakeContext({ "health:read": answer(reads), "health:write": answer(writes) });
  const ms = expect.any(Number) as number;
  const checks = [
    { name: "database.read", ok: reads, ms },
    { name: "database.write", ok: writes, ms },
  ];
  expect(await json(send("/health/ready"), 503)).toEqual({ status: "unavailable", checks });
});

test("each readiness check has a new argument, so that no cache answers it", async () => {
  const asked: unknown[] = [];
  const { send } = fakeContext({
    "health:read": (args) => void asked.push(args),
    "health:write": () => null,
  });
  vi.useFakeTimers();
  for (const at of [1, 2]) {
    vi.setSystemTime(at);
    await send("/health/ready");
  }
  vi.useRealTimers();
  expect(asked).toEqual([{ askedAt: 1 }, { askedAt: 2 }]);
});

test.each(named(working.filter(({ timeoutMs }) => timeoutMs === undefined)))(
  "%s: returns 503 after the timeout if a function never returns",
  async (_, route) => {
    vi.stubEnv("REQUEST_TIMEOUT_MS", "20");
    const { reply } = await ask(route, () => new Promise(() => undefined));
    expect(reply.headers.get("retry-after")).toBe("5");
    await problem(reply, 503, "timed_out");
  },
);

test.each(named(limited))("%s: returns 429 if the quota is used up", async (_, route) => {
  const quota = {
    policy: "any",
    limit: 10,
    windowSeconds: 60,
    remaining: 0,
    resetSeconds: 60,
    retryAfterSeconds: 6,
  };
  const { reply, asked } = await ask(route, {
    "auth:admitApiKey": () => ({ caller: null, quota }),
    "auth:admitAddress": () => quota,
  });
  expect(asked).toHaveLength(1);
  expect(reply.headers.get("retry-after")).toBe("6");
  expect(reply.headers.get("ratelimit")).toBe('"any";r=0;t=60');
  await problem(reply, 429, "rate_limited");
});

test.each(named(routes))("%s: returns 413 if the declared length is too large", async (_, route) => {
  const { reply, asked } = await ask(route, {}, { "Content-Length": "99999999" });
  expect(asked).toEqual([]);
  await problem(reply, 413, "payload_too_large");
});

test.each([...new Set(routes.map(({ path }) => path))])(
  "%s: returns 405 for a method without a route",
  async (path) => {
    const { send } = fakeContext();
    const reply = await send(path.replaceAll(/:\w+/g, "x"), { method: "PUT" });
    expect(reply.headers.get("allow")).toMatch(/^(GET|POST|PATCH|DELETE)\b.*, OPTIONS$/);
    await problem(reply, 405, "method_not_allowed");
  },
);
