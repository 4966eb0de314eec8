/** The official rate limiter component, unchanged, on this runtime. */
import { dirname, join } from "node:path";
import type { Value } from "convex/values";
import { expect, test } from "vitest";
import { ManualTime } from "../../fixtures/manualTime";
import { BASIC, serve } from "../../fixtures/serve";

const PROJECT = join(dirname(BASIC), "components");
const START = Date.UTC(2026, 0, 1);

async function start(options: Parameters<typeof serve>[0] = {}) {
  const time = new ManualTime(START);
  const { server, logged } = await serve({
    project: PROJECT,
    clock: time.clock,
    timers: time.timers,
    ...options,
  });
  const call =
    (fn: string) =>
    (name: string, more: Record<string, Value> = {}) =>
      server.run(`limits:${fn}`, { name, ...more });
  const [limit, check, value, reset] = [call("limit"), call("check"), call("value"), call("reset")];
  return { server, logged, time, limit, check, value, reset };
}

const OK = { ok: true };

test("a token bucket empties, reports when the next token is available, and refills over time", async () => {
  const { time, limit } = await start();
  for (let i = 0; i < 3; i++) expect(await limit("bucket")).toEqual(OK);
  expect(await limit("bucket")).toEqual({ ok: false, retryAfter: 100 });
  time.now += 50;
  expect(await limit("bucket")).toEqual({ ok: false, retryAfter: 50 });
  time.now += 50;
  expect(await limit("bucket")).toEqual(OK);
  expect(await limit("bucket")).toMatchObject({ ok: false });
  time.now += 10_000;
  expect(await limit("bucket", { count: 3 })).toEqual(OK);
  expect(await limit("bucket")).toMatchObject({ ok: false });
});

test("a fixed window has all tokens again when the next window begins", async () => {
  const { time, limit } = await start();
  expect(await limit("window", { count: 2 })).toEqual(OK);
  time.now += 59_999;
  expect(await limit("window")).toEqual({ ok: false, retryAfter: 1 });
  time.now += 1;
  expect(await limit("window")).toEqual(OK);
});

test("each key has its own bucket, and a reset refills one bucket", async () => {
  const { server, limit } = await start();
  for (const key of ["ada", "bob"]) expect(await limit("bucket", { key, count: 3 })).toEqual(OK);
  expect(await limit("bucket", { key: "ada" })).toMatchObject({ ok: false });
  await server.run("limits:reset", { name: "bucket" });
  expect(await limit("bucket", { key: "ada" })).toMatchObject({ ok: false });
  expect(await limit("bucket")).toEqual(OK);
});

test("a check takes no token", async () => {
  const { limit, check } = await start();
  for (let i = 0; i < 5; i++) expect(await check("bucket", { count: 3 })).toEqual(OK);
  await limit("bucket", { count: 3 });
  expect(await check("bucket")).toEqual({ ok: false, retryAfter: 100 });
});

test("a limit that throws names itself and the retry time", async () => {
  const { server, limit } = await start();
  await limit("bucket", { count: 3 });
  expect(await server.run("limits:throws", { name: "bucket" })).toEqual({
    kind: "RateLimited",
    name: "bucket",
    retryAfter: 100,
  });
});

test("a mutation that fails returns its tokens", async () => {
  const { server, value } = await start();
  await expect(server.run("limits:limitThenFail", {})).rejects.toThrow("failed after taking a token");
  expect(await value("bucket")).toMatchObject({ value: 3, ts: 0 });
});

test("the value reports the remaining tokens and survives a restart", async () => {
  const { server, limit, value } = await start();
  await limit("bucket");
  const left = { value: 2, ts: START, shard: 0, config: { kind: "token bucket", rate: 10, capacity: 3 } };
  expect(await value("bucket")).toMatchObject(left);
  await server.close();
  const again = await start({ data: server.dataDirectory });
  expect(await again.value("bucket")).toMatchObject(left);
});

test("a sharded limit spreads over its shards and stays within its capacity", async () => {
  const { limit, value } = await start();
  let taken = 0;
  for (let i = 0; i < 150; i++) if (((await limit("sharded")) as { ok: boolean }).ok) taken++;
  // The last tokens may be in shards that a call does not check.
  expect(taken).toBeLessThanOrEqual(100);
  expect(taken).toBeGreaterThan(60);
  expect(await value("sharded")).toMatchObject({ config: { shards: 5 } });
});

test("50 concurrent calls take no more tokens than the capacity", async () => {
  const { server } = await start();
  const take = (i: number) =>
    server.run(i % 2 === 0 ? "limits:limit" : "limits:limitFromAction", { name: "crowd" });
  const results = (await Promise.all(Array.from({ length: 50 }, (_, i) => take(i)))) as { ok: boolean }[];
  expect(results.filter(({ ok }) => ok)).toHaveLength(20);
});

test("the nested worker applies asynchronous updates and then sleeps", async () => {
  const { server, logged, time, limit, value } = await start();
  for (let i = 0; i < 3; i++) expect(await limit("slow")).toEqual(OK);
  // The worker may have checked between two calls. It checks again some time after it had work.
  time.pass(1_000);
  await server.idle();
  expect(await value("slow")).toMatchObject({ value: 2 });
  for (let i = 0; i < 20; i++) {
    time.pass(1_000);
    await server.idle();
  }
  expect(await server.run("lib:status", { name: "rateLimiter" }, "rateLimiter/batchWorker")).toEqual({
    kind: "idle",
  });

  await limit("slow", { count: 2 });
  await server.idle();
  expect(await limit("slow")).toMatchObject({ ok: false });
  await server.run("limits:reset", { name: "slow" });
  // The worker checks again some time after it had work.
  time.pass(1_000);
  await server.idle();
  expect(await limit("slow")).toEqual(OK);
  expect(logged.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
});
