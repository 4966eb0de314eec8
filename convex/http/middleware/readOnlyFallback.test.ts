import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fakeContext, goodKey } from "../testing/fakeContext.testing";
import { json, problem } from "../testing/replies.testing";

const FULL =
  "Service temporarily unavailable: The commit failed: database or disk is full. Nothing was written.";
const fails = (message: string) => () => Promise.reject(new Error(message));
const user = { _id: "user1", _creationTime: 0, name: "Ada", email: "ada@example.com", revision: 1 };
const caller = { userId: "user1", scopes: ["*"], credential: "user:user1" };
/** Has the shape of a JWT. The fake context does not verify it. */
const TOKEN = { Authorization: "Bearer a.b.c" };

let warned: Record<string, unknown>[] = [];
let minutes = 0;
beforeEach(() => {
  vi.stubEnv("RATE_LIMIT_KEY_PER_MINUTE", "5");
  vi.stubEnv("RATE_LIMIT_IP_PER_MINUTE", "5");
  // Each test starts ten minutes later, so that a warning of the previous test does not suppress its own.
  vi.useFakeTimers({ toFake: ["Date"], now: new Date(2026, 0, 1, 0, (minutes += 10)) });
  warned = [];
  vi.spyOn(console, "warn").mockImplementation((line: unknown) =>
    warned.push(JSON.parse(String(line)) as Record<string, unknown>),
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Returns a context with a valid key and a store that refuses writes. */
async function fullStore(message = FULL) {
  const { key, answers } = await goodKey();
  const context = fakeContext({
    ...answers,
    "auth:admitApiKey": fails(message),
    "auth:admitAddress": fails(message),
    "auth:admitToken": fails(message),
    "apiKeys:touch": fails(message),
    "auth:validateToken": () => caller,
    "users:get": () => user,
    "problems:explain": () => ({
      code: "not_found",
      status: 404,
      title: "Not found",
      explanation: "Explanation",
    }),
  });
  return { ...context, headers: { "X-API-Key": key } };
}

test("a read by key, by token or without a credential continues uncounted if the store refuses writes", async () => {
  const { send, headers } = await fullStore();
  const replies = [
    await send("/api/users/user1", { headers }),
    await send("/api/users/user1", { headers, method: "HEAD" }),
    await send("/api/users/user1", { headers: TOKEN }),
    await send("/problems/not_found"),
  ];
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  for (const reply of replies) expect(reply.headers.get("ratelimit")).toBeNull();
});

test("without rate limits, a read continues if the last use of its key cannot be stored", async () => {
  vi.stubEnv("RATE_LIMIT_KEY_PER_MINUTE", "0");
  const { send, headers } = await fullStore();
  // The last use of `goodKey` is now. The API stores the next use after a minute.
  vi.setSystemTime(Date.now() + 120_000);
  expect((await send("/api/users/user1", { headers })).status).toBe(200);
});

test("an invalid key is refused without being counted", async () => {
  const { send } = fakeContext({ "auth:admitApiKey": fails(FULL), "auth:validateApiKey": () => null });
  const { key } = await goodKey();
  await problem(send("/api/users/user1", { headers: { "X-API-Key": key } }), 403, "invalid_credential");
});

test("a token whose user cannot be looked up without a write gets 503", async () => {
  const { send } = fakeContext({ "auth:admitToken": fails(FULL), "auth:validateToken": () => null });
  await problem(send("/api/users/user1", { headers: TOKEN }), 503, "unavailable");
});

test("a write gets 503 with Retry-After and without the cause", async () => {
  const { send, headers, asked } = await fullStore();
  const body = JSON.stringify({ name: "bolt" });
  const init = { method: "POST", body, headers: { ...headers, "Content-Type": "application/json" } };
  const reply = await send("/api/users", init);
  expect(reply.headers.get("retry-after")).toBe("5");
  expect((await problem(reply, 503, "unavailable")).detail).toBe(
    "The server cannot do this now: try again in 5 s",
  );
  expect(asked).toEqual(["auth:admitApiKey"]);
});

test("the log has one warning a minute", async () => {
  const { send, headers } = await fullStore();
  for (let i = 0; i < 5; i++) await send("/api/users/user1", { headers });
  expect(warned).toEqual([
    {
      level: "warn",
      event: "requests_uncounted",
      detail: "The store takes no writes: GET requests are admitted without being counted",
      cause: FULL,
    },
  ]);
  vi.setSystemTime(Date.now() + 60_000);
  await send("/api/users/user1", { headers });
  expect(warned).toHaveLength(2);
});

test("an error in the code does not admit the caller", async () => {
  const { send, headers } = await fullStore("Cannot read properties of undefined");
  await problem(send("/api/users/user1", { headers }), 500, "internal");
  expect(warned).toEqual([]);
});

test("a failed store gives 503 in every code path", async () => {
  vi.stubEnv("RATE_LIMIT_KEY_PER_MINUTE", "0");
  const { key, answers } = await goodKey();
  const { send } = fakeContext({ ...answers, "users:get": fails(FULL) });
  await problem(send("/api/users/user1", { headers: { "X-API-Key": key } }), 503, "unavailable");
  expect(await json(send("/health"))).toEqual({ status: "ok" });
});
