/** Failures that can happen on any route. The tests are generated from the contracts. The functions fail or never return. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api } from "../api.app";
import { newApiKey } from "../../identity/apiKey.lib";
import { credentialHeader } from "../testing/requests.testing";
import { fakeContext } from "../testing/fakeContext.testing";
import { json, problem } from "../testing/replies.testing";
import { bodyFor, pathWith, routeOf, withRequiredQuery, type Route } from "../testing/routes.testing";
import { settingsOf } from "../testing/settings.testing";

type Answers = Parameters<typeof fakeContext>[0];

const routes = (await api.contracts()).map(routeOf);

beforeEach(() => {
  // With rate limits, admission is a mutation. Therefore almost every route calls a function.
  vi.stubEnv("RATE_LIMIT_KEY_PER_MINUTE", "10");
  vi.stubEnv("RATE_LIMIT_IP_PER_MINUTE", "10");
  for (const [name, value] of Object.entries(settingsOf(routes))) vi.stubEnv(name, value);
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
  const path = pathWith(route, route.docs().examples?.params ?? "nothing");
  return { reply: await send(withRequiredQuery(route, path), init), asked };
}

const named = (those: readonly Route[]) => those.map((route) => [route.title, route] as const);
/** A request to these routes calls a function that admits it, before it does anything else. */
const limited = routes.filter(({ scope, unlimited }) => scope !== null || !unlimited);
const unlimited = routes.filter((route) => !limited.includes(route));

test.each(named(limited))("%s: returns 500 without the cause if a function fails", async (_, route) => {
  const { reply, asked } = await ask(route, () => Promise.reject(new Error("secret")));
  expect(asked).toHaveLength(1);
  expect((await problem(reply, 500, "internal")).detail).toBe("Internal server error");
});

test.each(named(unlimited))(
  "%s: returns 500 or a declared reply without the cause if a function fails",
  async (_, route) => {
    const { reply, asked } = await ask(route, () => Promise.reject(new Error("secret")));
    expect(await reply.clone().text()).not.toContain("secret");
    if (reply.status in route.docs().replies) return;
    expect(asked).toHaveLength(1);
    await problem(reply, 500, "internal");
  },
);

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

test.each(named(routes.filter(({ timeoutMs }) => timeoutMs === undefined)))(
  "%s: returns 503 after the timeout if a function never returns",
  async (_, route) => {
    vi.stubEnv("REQUEST_TIMEOUT_MS", "20");
    const { reply } = await ask(route, () => new Promise(() => undefined));
    // It calls no function, such as /health.
    if (unlimited.includes(route) && reply.ok) return;
    expect(reply.headers.get("retry-after")).toBe("5");
    await problem(reply, 503, "timed_out");
  },
);

test.each(named(limited))("%s: returns 429 if the bucket is empty", async (_, route) => {
  const rateLimit = {
    policy: "any",
    limit: 10,
    windowSeconds: 60,
    remaining: 0,
    resetSeconds: 60,
    retryAfterSeconds: 6,
  };
  const { reply, asked } = await ask(route, {
    "auth:admitApiKey": () => ({ caller: null, rateLimit }),
    "auth:admitAddress": () => rateLimit,
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
    const example = pathWith({ path }, "x");
    const method = ["PUT", "DELETE", "POST", "GET"].find((other) => !api.methodsAt(example).includes(other));
    const reply = await send(example, { method: method ?? "PURGE" });
    expect(reply.headers.get("allow")).toMatch(/^(GET|POST|PUT|PATCH|DELETE)\b.*, OPTIONS$/);
    await problem(reply, 405, "method_not_allowed");
  },
);
