/** A clock that is set back or forward, during a run or between two runs. */
import { expect, test } from "vitest";
import { signedHeaders } from "../../../scripts/webhook/senders";
import type { Call, Json } from "../client";
import { caller, everything } from "../client";
import { serverWithClock } from "./serverWithClock";
import { SECRETS } from "../server";

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

const create = async (call: Call, name: string, headers: Record<string, string> = {}): Promise<Json> => {
  const { status, json, text } = await call("POST", "/api/items", { name }, headers);
  if (status !== 201) throw new Error(`${status} ${text}`);
  return json;
};

const names = async (call: Call) => (await everything(call, "/api/items")).map(({ name }) => name);

/** Sends an event of Clerk, signed at the vendor's time `now`. */
const deliver = (call: Call, id: string, now: number) => {
  const type = "session.created";
  const body = JSON.stringify({ object: "event", type, timestamp: now, data: { id } });
  const headers = signedHeaders({ source: "clerk", type, id, body, secret: SECRETS.clerk, now });
  return call("POST", "/webhooks/clerk", body, headers);
};

const jobDone = async (call: Call, number: number) => {
  const asked = await call("POST", "/api/process", { data: { number } }, { Prefer: "respond-async" });
  const path = asked.headers.get("location") ?? "";
  await expect.poll(async () => (await call("GET", path)).json["status"]).toBe("succeeded");
};

test("after the clock is set back during a run, order, changes, jobs and webhooks still work", async () => {
  const { set, start } = serverWithClock();
  const server = await start();
  const call = caller(server.url, server.key);
  const [one, two] = [await create(call, "one"), await create(call, "two")];
  await jobDone(call, 1);
  set(-2 * DAY);
  const three = await create(call, "three");
  expect(await names(call)).toEqual(["three", "two", "one"]);
  expect(String(three["createdAt"]) >= String(two["createdAt"])).toBe(true);
  // Cursors contain creation times, so paging is checked as well.
  const page = await call("GET", "/api/items?limit=1");
  const next = /<([^>]+)>/.exec(page.headers.get("link") ?? "")?.[1] ?? "";
  expect((JSON.parse((await call("GET", next)).text) as Json[]).map(({ name }) => name)).toEqual(["two"]);

  const path = `/api/items/${String(one["id"])}`;
  const etag = (await call("GET", path)).headers.get("etag") ?? "";
  const changed = await call("PATCH", path, { name: "changed" }, { "If-Match": etag });
  expect([changed.status, changed.json["name"]]).toEqual([200, "changed"]);
  expect((await call("PATCH", path, { name: "again" }, { "If-Match": etag })).status).toBe(412);
  await jobDone(call, 2);
  expect((await deliver(call, "set-back", Date.now() - 2 * DAY)).status).toBe(200);
  const log = () => call("GET", "/api/webhook-events?limit=1");
  await expect.poll(async () => (JSON.parse((await log()).text) as Json[])[0]?.["status"]).toBe("success");
  expect((await server.stop()).code).toBe(0);
});

test("after the clock is set back between two runs, new items still come first and jobs run", async () => {
  const { set, start } = serverWithClock();
  const first = await start();
  const { key } = first;
  await create(caller(first.url, key), "before");
  await first.kill();
  set(-400 * DAY);
  const second = await start();
  const call = caller(second.url, key);
  await create(call, "after");
  expect(await names(call)).toEqual(["after", "before"]);
  await jobDone(call, 1);
  expect((await second.stop()).code).toBe(0);
});

test("an idempotency key stays valid after the clock is set back, and expires after a day", async () => {
  const { set, start } = serverWithClock();
  const server = await start();
  const call = caller(server.url, server.key);
  const key = { "Idempotency-Key": "once" };
  const made = await create(call, "once", key);
  set(-2 * DAY);
  expect(await create(call, "once", key)).toEqual(made);
  set(23 * HOUR);
  expect(await create(call, "once", key)).toEqual(made);
  set(25 * HOUR);
  expect((await create(call, "once", key))["id"]).not.toBe(made["id"]);
});

test("a client is not rate limited for longer after the clock is set back", async () => {
  const { set, start } = serverWithClock({ RATE_LIMIT_KEY_PER_MINUTE: "5" });
  const server = await start();
  const call = caller(server.url, server.key);
  const status = async () => (await call("GET", "/api/items")).status;
  const drain = async () => {
    for (let i = 0; i < 6; i++) await status();
    return call("GET", "/api/items");
  };
  expect((await drain()).status).toBe(429);
  set(-2 * DAY);
  // The used requests stay used, and Retry-After is not longer than usual.
  const { status: still, headers } = await call("GET", "/api/items");
  if (still === 429) expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(60);
  set(-2 * DAY + 2 * 60_000);
  expect(await status()).toBe(200);
  // The same holds after the clock jumps forward and back.
  set(2 * DAY);
  expect((await drain()).status).toBe(429);
  set(0);
  set(2 * 60_000);
  expect(await status()).toBe(200);
});

test("a webhook signature is checked against the current clock", async () => {
  const { set, start } = serverWithClock();
  const server = await start();
  const call = caller(server.url, server.key);
  const now = Date.now();
  set(-HOUR);
  expect((await deliver(call, "evt_future", now)).status).toBe(400);
  expect((await deliver(call, "evt_now", now - HOUR)).status).toBe(200);
  set(0);
  // The vendor sends both events again.
  expect((await deliver(call, "evt_future", now)).status).toBe(200);
  expect((await deliver(call, "evt_now", now)).status).toBe(200);
  expect((await everything(call, "/api/webhook-events")).map(({ eventId }) => eventId)).toEqual([
    "evt_future",
    "evt_now",
  ]);
});

test("a job that was scheduled by a fast clock runs when the clock reaches its time", async () => {
  const { set, start } = serverWithClock();
  set(DAY);
  const first = await start();
  const { key } = first;
  const call = caller(first.url, key);
  const began = Date.now();
  const requests = Array.from({ length: 30 }, (_, i) =>
    call("POST", "/api/process", { data: { i } }, { Prefer: "respond-async" }),
  );
  const ids = (await Promise.all(requests)).map(({ json }) => String(json["id"]));
  await first.kill();
  set(0);
  const second = await start();
  const again = caller(second.url, key);
  await jobDone(again, 1);
  set(DAY);
  await jobDone(again, 2);
  // A job that the kill interrupted fails 15 minutes after it was requested. The clock is set to 5 seconds after that.
  set(DAY + 15 * 60_000 + 5_000 - (Date.now() - began));
  await jobDone(again, 3);
  const states = async () => {
    const all = await Promise.all(
      ids.map(async (id) => (await again("GET", `/api/jobs/${id}`)).json["status"]),
    );
    return all.filter((state) => state !== "succeeded" && state !== "failed");
  };
  await expect.poll(states).toEqual([]);
});
