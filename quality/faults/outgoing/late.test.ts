/** Webhooks out after a clock that jumps, a day of downtime, and with many pending deliveries at a start. */
import { setTimeout as pause } from "node:timers/promises";
import { expect, inject, test } from "vitest";
import { memoryOf } from "../../lib/usage";
import { caller, type Call } from "../client";
import { serverWithClock } from "../clock/serverWithClock";
import { openPartners, type Arrival, type Kind } from "./partners";

const { long } = inject("scale");
const [MINUTE, DAY] = [60_000, 24 * 60 * 60_000];
const MIB = 1024 * 1024;
/** The most endpoints of an owner. */
const ENDPOINTS = 20;
/** Changes whose deliveries are pending at the start: 10,000 deliveries in the long form. */
const CHANGES = long ? 500 : 25;
const WRITERS = 8;
/** Milliseconds between the requests while the deliveries are sent. */
const ASK_EVERY_MS = 50;

async function create(call: Call, name: string): Promise<void> {
  const { status, text } = await call("POST", "/api/items", { name });
  if (status !== 201) throw new Error(`${status} ${text}`);
}

/** A server with an adjustable clock, and its partners. */
async function setUp(kinds: Kind[]) {
  const clock = serverWithClock({ WEBHOOK_ALLOW_HTTP: "1" });
  const arrivals: Arrival[] = [];
  const partners = await openPartners(
    kinds,
    () => 0,
    (arrival) => arrivals.push(arrival),
  );
  /** The names of the items that a partner has accepted. */
  const accepted = () => arrivals.filter(({ accepted: is }) => is).map(({ data }) => data["name"]);
  return { ...clock, arrivals, partners, accepted };
}

test("after the clock is set back or forward, changes are delivered, and no delivery is lost", async () => {
  const { set, start, partners, accepted } = await setUp(["prompt"]);
  const server = await start();
  const call = caller(server.url, server.key);
  await partners.subscribe(call);
  for (const [name, offset] of [
    ["now", 0],
    ["back", -2 * DAY],
    ["forward", 2 * DAY],
    ["again", 0],
  ] as const) {
    set(offset);
    await create(call, name);
    await expect.poll(() => accepted().at(-1)).toBe(name);
  }
  expect(accepted()).toEqual(["now", "back", "forward", "again"]);
});

test("a queue whose action was killed delivers new changes, although the clock was set back meanwhile", async () => {
  const kinds: Kind[] = ["silent"];
  const { set, start, partners, accepted, arrivals } = await setUp(kinds);
  set(2 * DAY);
  const first = await start();
  await partners.subscribe(caller(first.url, first.key));
  await create(caller(first.url, first.key), "early");
  await expect.poll(() => arrivals.length).toBe(1);
  await first.kill();
  kinds[0] = "prompt";
  set(0);
  const second = await start();
  const call = caller(second.url, first.key);
  await create(call, "new");
  await expect.poll(accepted).toEqual(["new"]);
  // The early change is due when the clock reaches its time.
  set(2 * DAY + 2 * MINUTE);
  await create(call, "late");
  await expect.poll(() => accepted().toSorted()).toEqual(["early", "late", "new"]);
});

test("after a day of downtime, deliveries that came due meanwhile are sent", async () => {
  const { set, start, partners, arrivals } = await setUp(["failing", "prompt"]);
  const first = await start();
  const call = caller(first.url, first.key);
  await partners.subscribe(call);
  await create(call, "bolt");
  await expect.poll(() => arrivals.length).toBe(2);
  await first.kill();
  set(DAY);
  await start();
  // The kill may come before an outcome is recorded, so a partner may get its delivery twice.
  const served = () => new Set(arrivals.filter(({ accepted: is }) => is).map(({ partner }) => partner));
  await expect.poll(() => [...served()].toSorted()).toEqual([0, 1]);
});

test(
  `a server with ${CHANGES * ENDPOINTS} pending deliveries starts, serves and sends them`,
  { timeout: 600_000 },
  async () => {
    const kinds = Array<Kind>(ENDPOINTS).fill("silent");
    const { set, start, partners, accepted } = await setUp(kinds);
    const first = await start();
    const call = caller(first.url, first.key);
    await partners.subscribe(call);
    let left = CHANGES;
    await Promise.all(
      Array.from({ length: WRITERS }, async () => {
        while (left-- > 0) await create(call, "bolt");
      }),
    );
    await first.kill();

    kinds.fill("prompt");
    set(2 * MINUTE);
    const began = performance.now();
    const second = await start();
    const again = caller(second.url, first.key);
    const slowest = { health: 0, list: 0, create: 0 };
    const requests = {
      health: () => again("GET", "/health"),
      list: () => again("GET", "/api/items?limit=10"),
      create: () => again("POST", "/api/items", { name: "new" }),
    };
    const statuses = { health: 200, list: 200, create: 201 };
    let most = 0;
    const old = () => accepted().filter((name) => name === "bolt").length;
    while (old() < CHANGES * ENDPOINTS) {
      for (const kind of ["health", "list", "create"] as const) {
        const asked = performance.now();
        const { status, text } = await requests[kind]();
        expect(status, text).toBe(statuses[kind]);
        slowest[kind] = Math.max(slowest[kind], performance.now() - asked);
      }
      most = Math.max(most, memoryOf(second.pid)?.own ?? 0);
      await pause(ASK_EVERY_MS);
    }
    const seconds = (performance.now() - began) / 1000;
    const ms = (value: number): string => `${Math.round(value)} ms`;
    console.log(
      `${CHANGES * ENDPOINTS} pending deliveries: ready after ${ms(second.readyMs)}, all sent after ${seconds.toFixed(1)} s; ` +
        `meanwhile /health took at most ${ms(slowest.health)}, a list ${ms(slowest.list)}, a POST ${ms(slowest.create)}; ` +
        `${(most / MIB).toFixed(0)} MiB`,
    );
  },
);
