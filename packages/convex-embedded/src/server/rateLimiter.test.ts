/** The official rate limiter, as its package brings it, on this runtime. */
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

test("a token bucket empties, says when it has a token again, and fills with the time", async () => {
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

test("a fixed window gives its tokens back when the next one begins", async () => {
  const { time, limit } = await start();
  expect(await limit("window", { count: 2 })).toEqual(OK);
  time.now += 59_999;
  expect(await limit("window")).toEqual({ ok: false, retryAfter: 1 });
  time.now += 1;
  expect(await limit("window")).toEqual(OK);
});

test("keys have buckets of their own, and a reset fills one of them", async () => {
  const { server, limit } = await start();
  for (const key of ["ada", "bob"]) expect(await limit("bucket", { key, count: 3 })).toEqual(OK);
  expect(await limit("bucket", { key: "ada" })).toMatchObject({ ok: false });
  await server.run("limits:reset", { name: "bucket" });
  expect(await limit("bucket", { key: "ada" })).toMatchObject({ ok: false });
  expect(await limit("bucket")).toEqual(OK);
});

test("a check takes nothing", async () => {
  const { limit, check } = await start();
  for (let i = 0; i < 5; i++) expect(await check("bucket", { count: 3 })).toEqual(OK);
  await limit("bucket", { count: 3 });
  expect(await check("bucket")).toEqual({ ok: false, retryAfter: 100 });
});

test("a limit that throws says which and when", async () => {
  const { server, limit } = await start();
  await limit("bucket", { count: 3 });
  expect(await server.run("limits:throws", { name: "bucket" })).toEqual({
    kind: "RateLimited",
    name: "bucket",
    retryAfter: 100,
  });
});

test("a mutation that fails gives back what it took", async () => {
  const { server, value } = await start();
  await expect(server.run("limits:limitThenFail", {})).rejects.toThrow("failed after taking a token");
  expect(await value("bucket")).toMatchObject({ value: 3, ts: 0 });
});

test("the value tells what is left, and survives a restart", async () => {
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
  // The last tokens may lie in shards that a call does not look at.
  expect(taken).toBeLessThanOrEqual(100);
  expect(taken).toBeGreaterThan(60);
  expect(await value("sharded")).toMatchObject({ config: { shards: 5 } });
});

test("of 50 that come at once no more get through than there is room for", async () => {
  const { server } = await start();
  const take = (i: number) =>
    server.run(i % 2 === 0 ? "limits:limit" : "limits:limitFromAction", { name: "crowd" });
  const results = (await Promise.all(Array.from({ length: 50 }, (_, i) => take(i)))) as { ok: boolean }[];
  expect(results.filter(({ ok }) => ok)).toHaveLength(20);
});

test("updates that apply later are taken in by the nested worker, which then rests", async () => {
  const { server, logged, time, limit, value } = await start();
  for (let i = 0; i < 3; i++) expect(await limit("slow")).toEqual(OK);
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
  // The worker looks again a while after it had work.
  time.pass(1_000);
  await server.idle();
  expect(await limit("slow")).toEqual(OK);
  expect(logged.filter(({ level }) => level === "error" || level === "warn")).toEqual([]);
});
