/** From a change to the partner's server: signatures, retries, redirects, and endpoints that are disabled. */
import { describe, expect, test } from "vitest";
import { internal } from "../../_generated/api";
import { as, advanceClock, now, run, settle, useEngine } from "../testing/engine.testing";
import { json, page, problem, type Json } from "../testing/replies.testing";
import { createKey, expectVerified, openReceiver, subscribe } from "./receiver.testing";

useEngine();

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
let people = 0;
/** A new user, so that the endpoints of other tests get nothing. */
const person = () => as(`partner${++people}`);

/** Moves the time, and lets the queues send what is due. */
async function pass(ms: number): Promise<void> {
  advanceClock(ms);
  await run("mutation", internal.outgoing.queue.sweep, {});
  await settle();
}

test("a change arrives once, as JSON that two libraries verify, and the delivery has succeeded", async () => {
  const partner = await openReceiver(() => ({ status: 200, body: "thanks" }));
  const owner = await person();
  const { path, secret } = await subscribe(owner, partner.url, ["key.created"]);
  const { shown } = await createKey(owner);
  await settle();
  const [received] = partner.received;
  expect(partner.received).toHaveLength(1);
  if (!received) return;
  expectVerified(received, secret);
  expect(received.json).toMatchObject({ type: "key.created", data: shown });
  expect(received.json["timestamp"]).toMatch(/^\d{4}-.+Z$/);
  expect(received.headers).toMatchObject({ "content-type": "application/json" });
  expect(received.headers["user-agent"]).toMatch(/^[\w-]+-webhooks\/\d+$/);
  const [delivery] = await page(owner("GET", `${path}/deliveries`));
  expect(delivery).toMatchObject({ type: "key.created", status: "succeeded" });
  expect(delivery).toMatchObject({ eventId: received.headers["webhook-id"], attempts: [{ status: 200 }] });
  const whole = await json(owner("GET", `/api/webhook-deliveries/${String(delivery?.["id"])}`));
  expect(whole).toMatchObject({ payload: received.json, lastReply: "thanks" });
});

test("a forged body does not verify", async () => {
  const partner = await openReceiver();
  const owner = await person();
  const { path, secret } = await subscribe(owner, partner.url, ["*"]);
  await json(owner("POST", `${path}/test`), 202);
  await settle();
  const [received] = partner.received;
  expect(received?.json).toMatchObject({ type: "ping" });
  if (!received) return;
  expectVerified(received, secret);
  expect(() => expectVerified({ ...received, body: `${received.body} ` }, secret)).toThrow();
});

test("only matching events are sent", async () => {
  const partner = await openReceiver();
  const owner = await person();
  await subscribe(owner, partner.url, ["key.revoked"]);
  const { path } = await createKey(owner);
  const rotated = await json(owner("POST", `${path}/rotate`, { overlapSeconds: 60 }));
  const rotatedPath = `/api/keys/${String(rotated["id"])}`;
  await owner("DELETE", rotatedPath);
  const stranger = await person();
  await stranger("DELETE", (await createKey(stranger)).path);
  await settle();
  const revoked = await json(owner("GET", rotatedPath));
  expect(partner.received.map(({ json }) => [json["type"], json["data"]])).toEqual([
    ["key.revoked", revoked],
  ]);
});

test("a request that is refused sends nothing, and a replay sends nothing again", async () => {
  const partner = await openReceiver();
  const owner = await person();
  await subscribe(owner, partner.url, ["*"]);
  const { path } = await createKey(owner, { "Idempotency-Key": "one" });
  expect(await createKey(owner, { "Idempotency-Key": "one" })).toMatchObject({ path });
  await problem(owner("DELETE", path, undefined, { "If-Match": '"9"' }), 412, "precondition_failed");
  await settle();
  expect(partner.received.map(({ json }) => json["type"])).toEqual(["key.created"]);
});

describe("after a failure", () => {
  const WAITS = [5_000, 5 * MINUTE, ...[0.5, 2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR)];

  test("attempts follow after growing waits, with the same id and new signatures, and the last one fails", async () => {
    const partner = await openReceiver(() => ({ status: 500, body: "é".repeat(3000) }));
    const owner = await person();
    const { path, secret } = await subscribe(owner, partner.url, ["key.*"]);
    await createKey(owner);
    await settle();
    const read = async (): Promise<Json> => (await page(owner("GET", `${path}/deliveries`)))[0] ?? {};
    for (const [at, wait] of WAITS.entries()) {
      expect(partner.received).toHaveLength(at + 1);
      const { nextAttemptAt, status } = await read();
      expect(status).toBe("pending");
      const due = Date.parse(String(nextAttemptAt)) - now();
      expect(due).toBeGreaterThan(0.8 * wait);
      expect(due).toBeLessThan(1.2 * wait);
      await pass(due);
    }
    expect(partner.received).toHaveLength(10);
    expect(new Set(partner.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(partner.received.map(({ body }) => body)).size).toBe(1);
    const last = partner.received.at(-1);
    if (last) expectVerified(last, secret);
    const failed = await read();
    expect(failed).toMatchObject({ status: "failed" });
    expect(failed["nextAttemptAt"]).toBeUndefined();
    expect(failed["attempts"]).toHaveLength(10);
    const whole = await json(owner("GET", `/api/webhook-deliveries/${String(failed["id"])}`));
    expect(whole["lastReply"]).toBe("é".repeat(1024));
  });

  test("Retry-After of 429 and 503 lengthens the wait", async () => {
    const replies = [
      { status: 429, headers: { "Retry-After": "120" } },
      { status: 503, headers: { "Retry-After": new Date(now() + 6 * HOUR).toUTCString() } },
      { status: 500, headers: { "Retry-After": "86400" } },
    ];
    const partner = await openReceiver((_, count) => replies[count - 1] ?? {});
    const owner = await person();
    const { path } = await subscribe(owner, partner.url, ["key.*"]);
    await createKey(owner);
    await settle();
    const wait = async () => {
      const [{ nextAttemptAt } = {}] = await page(owner("GET", `${path}/deliveries`));
      return Date.parse(String(nextAttemptAt)) - now();
    };
    expect((await wait()) / MINUTE).toBeCloseTo(2, 0);
    await pass(2 * MINUTE);
    expect((await wait()) / HOUR).toBeCloseTo(6, 0);
    await pass(6 * HOUR);
    expect(partner.received).toHaveLength(3);
    // A receiver that has failed for another reason does not choose the wait.
    expect((await wait()) / MINUTE).toBeCloseTo(30, -1);
  });

  test("a failed delivery can be retried, with the same id", async () => {
    let reply = (_answer: { status: number }): void => undefined;
    const later = new Promise<{ status: number }>((resolve) => (reply = resolve));
    const partner = await openReceiver((_, count) => (count === 1 ? { status: 410 } : later));
    const owner = await person();
    const { path } = await subscribe(owner, partner.url, ["key.*"]);
    await createKey(owner);
    await settle();
    const [{ id } = {}] = await page(owner("GET", `${path}/deliveries?status=failed`));
    const retry = () => owner("POST", `/api/webhook-deliveries/${String(id)}/retry`);
    await problem(retry(), 409, "conflict");
    await json(owner("PATCH", path, { enabled: true }));
    expect(await json(retry(), 202)).toMatchObject({ id, status: "pending" });
    await problem(retry(), 409, "conflict");
    reply({ status: 204 });
    await settle();
    const ids = partner.received.map(({ headers }) => headers["webhook-id"]);
    expect(ids).toEqual([ids[0], ids[0]]);
    expect(await page(owner("GET", `${path}/deliveries?status=succeeded`))).toMatchObject([{ id }]);
  });

  test("410 disables the endpoint at once, and its pending deliveries fail", async () => {
    const partner = await openReceiver(() => ({ status: 410 }));
    const owner = await person();
    const { path } = await subscribe(owner, partner.url, ["key.*"]);
    for (let n = 0; n < 10; n++) await createKey(owner);
    await settle();
    expect(await json(owner("GET", path))).toMatchObject({
      enabled: false,
      disabledReason: expect.stringContaining("410") as unknown,
    });
    const deliveries = await page(owner("GET", `${path}/deliveries?limit=100`));
    expect(new Set(deliveries.map(({ status }) => status))).toEqual(new Set(["failed"]));
    const sent = partner.received.length;
    await createKey(owner);
    await pass(DAY);
    expect(partner.received).toHaveLength(sent);
  });

  test("five days without a success disable the endpoint, and a success in between prevents it", async () => {
    const answers = { status: 500 };
    const partner = await openReceiver(() => answers);
    const owner = await person();
    const { path } = await subscribe(owner, partner.url, ["key.*"]);
    const create = () => createKey(owner);
    const enabled = async () => (await json(owner("GET", path)))["enabled"];
    await create();
    for (let day = 0; day < 4; day++) await pass(DAY);
    answers.status = 204;
    await create();
    await pass(DAY);
    answers.status = 500;
    await create();
    for (let day = 0; day < 4; day++) await pass(DAY);
    expect(await enabled()).toBe(true);
    await create();
    await pass(2 * DAY);
    expect(await enabled()).toBe(false);
    expect(await json(owner("GET", path))).toMatchObject({
      disabledReason: "No delivery has succeeded for five days",
    });
  });

  test("a redirect is not followed", async () => {
    const target = await openReceiver();
    const partner = await openReceiver(() => ({ status: 307, headers: { Location: target.url } }));
    const owner = await person();
    const { path } = await subscribe(owner, partner.url, ["key.*"]);
    await createKey(owner);
    await settle();
    expect([partner.received.length, target.received.length]).toEqual([1, 0]);
    const [{ attempts } = {}] = await page(owner("GET", `${path}/deliveries`));
    expect(attempts).toMatchObject([{ error: "Redirects are not followed" }]);
  });

  test("an address that nothing serves is a failure with a reason", async () => {
    const owner = await person();
    const { path } = await subscribe(owner, "http://127.0.0.1:65535/", ["key.*"]);
    await createKey(owner);
    await settle();
    const [{ attempts, status } = {}] = await page(owner("GET", `${path}/deliveries`));
    expect(status).toBe("pending");
    expect(attempts).toMatchObject([
      { error: expect.stringMatching(/^The connection failed: .*127/) as unknown },
    ]);
  });
});
