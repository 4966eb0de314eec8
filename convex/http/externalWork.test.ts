/** Idempotency of work outside the database, such as a call of another service: `onceExternal`. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { failure, failureOf, type Failure } from "../lib/failure.lib";
import type { Idempotency } from "../lib/idempotency.lib";
import { onceExternal } from "../lib/onceExternal.lib";
import { advanceClock, run, useEngine } from "./testing/engine.testing";

useEngine();

const LIMIT = { timeLimitMs: 60_000 };
let made = 0;
const newRequest = (): Idempotency => ({ key: `key-${++made}`, credential: "key:1", fingerprint: "a" });

/** The context of an action: the mutations run in the engine. */
const ctx = {
  runMutation: (reference: unknown, args: unknown) => run("mutation", reference as never, args as never),
} as unknown as Parameters<typeof onceExternal>[0];

const order = vi.fn<() => Promise<{ orderId: string }>>(() => Promise.resolve({ orderId: `order-${made}` }));
afterEach(() => {
  order.mockClear();
});

type Order = { orderId: string };

/** Begins work for a request, and returns when it runs. `finish` ends it. */
async function begin(request: Idempotency) {
  let finish = (_: Order): void => undefined;
  let first: Promise<unknown> = Promise.resolve();
  await new Promise<void>((begun) => {
    first = onceExternal(ctx, request, LIMIT, () => {
      begun();
      return new Promise<Order>((resolve) => (finish = resolve));
    });
  });
  return { first, finish: (order: Order) => finish(order) };
}

/** Returns the failure that a call refuses with. */
async function refusal(call: Promise<unknown>): Promise<Failure | undefined> {
  return call.then(
    () => undefined,
    // A refusal of a function reaches the test as text on some engines and as data on others.
    (error: unknown) =>
      failureOf(error) ?? (JSON.parse(/\{.*\}/s.exec(String(error))?.[0] ?? "{}") as Failure),
  );
}

test("without a key, the work always runs", async () => {
  for (let n = 0; n < 2; n++) await onceExternal(ctx, undefined, LIMIT, order);
  expect(order).toHaveBeenCalledTimes(2);
});

test("a retry gets the result of the work, which runs once", async () => {
  const request = newRequest();
  const first = await onceExternal(ctx, request, LIMIT, order);
  expect(await onceExternal(ctx, request, LIMIT, order)).toEqual({ ...first, replayed: true });
  expect(first.replayed).toBe(false);
  expect(order).toHaveBeenCalledTimes(1);
});

test("concurrent requests run the work once, and the others get 409 with Retry-After while it runs", async () => {
  const request = newRequest();
  const { first, finish } = await begin(request);
  const others = await Promise.all([1, 2, 3].map(() => refusal(onceExternal(ctx, request, LIMIT, order))));
  for (const other of others)
    expect(other).toMatchObject({ code: "conflict", headers: { "Retry-After": "5" } });
  expect(order).not.toHaveBeenCalled();
  finish({ orderId: "slow" });
  expect(await first).toEqual({ result: { orderId: "slow" }, replayed: false });
  expect(await onceExternal(ctx, request, LIMIT, order)).toEqual({
    result: { orderId: "slow" },
    replayed: true,
  });
});

test("the same key with another request is refused", async () => {
  const request = newRequest();
  await onceExternal(ctx, request, LIMIT, order);
  const other = onceExternal(ctx, { ...request, fingerprint: "b" }, LIMIT, order);
  expect(await refusal(other)).toMatchObject({ code: "idempotency_key_reused" });
});

describe("work that refuses", () => {
  test("is not repeated: a retry gets the same failure, without its reason, and marked as a replay", async () => {
    const request = newRequest();
    const error = failure("quota_exceeded", "Sold out", {
      headers: { "Retry-After": "9" },
      reason: "secret",
    });
    const broken = () => Promise.reject(error);
    await expect(onceExternal(ctx, request, LIMIT, broken)).rejects.toThrow();
    expect(await refusal(onceExternal(ctx, request, LIMIT, order))).toEqual({
      ...{ kind: "failure", code: "quota_exceeded", detail: "Sold out" },
      headers: { "Retry-After": "9", "Idempotency-Replayed": "true" },
    });
    expect(order).not.toHaveBeenCalled();
  });

  test("with unavailable has not happened: the retry runs it", async () => {
    const request = newRequest();
    const busy = () => Promise.reject(failure("unavailable", "Busy"));
    expect(await refusal(onceExternal(ctx, request, LIMIT, busy))).toMatchObject({ code: "unavailable" });
    expect(await onceExternal(ctx, request, LIMIT, order)).toMatchObject({ replayed: false });
  });
});

test("work that ends with an unexpected error has an unknown outcome, and is not repeated", async () => {
  const request = newRequest();
  const broken = () => Promise.reject(new Error("connection reset"));
  await expect(onceExternal(ctx, request, LIMIT, broken)).rejects.toThrow("connection reset");
  expect(await refusal(onceExternal(ctx, request, LIMIT, order))).toMatchObject({ code: "outcome_unknown" });
  expect(order).not.toHaveBeenCalled();
});

test("work that does not end within its time limit has an unknown outcome, until it ends", async () => {
  const request = newRequest();
  const { first, finish } = await begin(request);
  advanceClock(LIMIT.timeLimitMs + 1);
  expect(await refusal(onceExternal(ctx, request, LIMIT, order))).toMatchObject({ code: "outcome_unknown" });
  finish({ orderId: "late" });
  await first;
  expect(await onceExternal(ctx, request, LIMIT, order)).toEqual({
    result: { orderId: "late" },
    replayed: true,
  });
  expect(order).not.toHaveBeenCalled();
});

test("a key expires after a day, and late work of the expired record does not change the new one", async () => {
  const request = newRequest();
  const { first, finish } = await begin(request);
  advanceClock(25 * 60 * 60 * 1000);
  const second = await onceExternal(ctx, request, LIMIT, order);
  finish({ orderId: "late" });
  await first;
  expect(await onceExternal(ctx, request, LIMIT, order)).toEqual({ ...second, replayed: true });
});
