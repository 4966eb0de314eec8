import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { createReceiver, type Event, type Receiver } from "./webhooks";

const SECRET = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const OTHER = `whsec_${Buffer.alloc(32, 2).toString("base64")}`;
const EVENT = { type: "file.deleted", timestamp: "2026-01-31T12:00:00.000Z", data: { id: "k57f2q" } };

function signed(id: string, secret = SECRET, body = JSON.stringify(EVENT)): Request {
  const now = new Date();
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, now, body),
  };
  return new Request("http://127.0.0.1/", { method: "POST", headers, body });
}

function receiver(fails = 0) {
  const events: Event[] = [];
  const ignored: string[] = [];
  const created: Receiver = createReceiver(
    (event) => {
      if (fails-- > 0) throw new Error("not now");
      events.push(event);
    },
    (id) => ignored.push(id),
  );
  created.trust(SECRET);
  const status = async (request: Request) => (await created.receive(request)).status;
  const trust = (secret: string) => created.trust(secret);
  return { trust, status, events, ignored };
}

test("an event that arrives twice is processed once", async () => {
  const { status, events, ignored } = receiver();
  expect([await status(signed("a")), await status(signed("a")), await status(signed("b"))]).toEqual([
    204, 204, 204,
  ]);
  expect([events, ignored]).toEqual([[EVENT, EVENT], ["a"]]);
});

test("two copies at the same time are processed once", async () => {
  const { status, events } = receiver();
  await Promise.all([status(signed("a")), status(signed("a"))]);
  expect(events).toHaveLength(1);
});

test("an event whose processing fails is processed when it is sent again", async () => {
  const { status, events } = receiver(1);
  expect([await status(signed("a")), await status(signed("a"))]).toEqual([500, 204]);
  expect(events).toHaveLength(1);
});

test("a wrong signature is refused, and does not mark the event as processed", async () => {
  const { status, events } = receiver();
  expect(await status(signed("a", OTHER))).toBe(400);
  expect(await status(new Request("http://127.0.0.1/", { method: "POST", body: "{}" }))).toBe(400);
  expect(await status(signed("a"))).toBe(204);
  expect(events).toHaveLength(1);
});

test("during a rotation both secrets are valid", async () => {
  const { status, trust } = receiver();
  trust(OTHER);
  expect([await status(signed("a")), await status(signed("b", OTHER))]).toEqual([204, 204]);
});
