/** The erasure of an email, at the level of functions: many documents, pending events, and a command that is continued. */
import { convexTest } from "convex-test";
import { expect, test } from "vitest";
import { internal } from "./_generated/api";
import schema from "./schema";

const modules = import.meta.glob("./**/*.*s");
const EMAIL = "ada@example.com";

const deployment = () => convexTest(schema, modules);
type Deployment = ReturnType<typeof deployment>;

const insertEvent = (
  t: Deployment,
  at: number,
  fields: { payload?: { text: string }; error?: string; status?: "pending" | "failed" | "success" },
) =>
  t.run((ctx) =>
    ctx.db.insert("webhookEvents", {
      ...{ source: "clerk", eventId: `e${at}`, eventType: "user.created", eventTime: 0, handler: "clerk" },
      ...{ status: "success" as const, attempts: 1, revision: 1, ...fields },
    }),
  );

test("all payloads that name the email are erased, beyond one batch", async () => {
  const t = deployment();
  for (let at = 0; at < 250; at++)
    await insertEvent(t, at, { payload: { text: at % 2 ? `{"email":"${EMAIL}"}` : "{}" } });
  const { erased, pending } = await t.action(internal.erasure.eraseEmail, { email: EMAIL });
  expect([erased.webhookEvents, pending]).toEqual([125, 0]);
  const left = await t.run((ctx) => ctx.db.query("webhookEvents").collect());
  expect(left).toHaveLength(250);
  expect(left.filter(({ payload }) => payload).length).toBe(125);
});

test("a continued command skips the logs that it has read", async () => {
  const t = deployment();
  await insertEvent(t, 1, { payload: { text: EMAIL } });
  const resume = { log: "outgoingEvents" as const };
  const { erased } = await t.action(internal.erasure.eraseEmail, { email: EMAIL, resume });
  expect(erased.webhookEvents).toBe(0);
});

test("an error that names the email is replaced, also in an event without a payload", async () => {
  const t = deployment();
  const id = await insertEvent(t, 1, { error: `email: ${EMAIL} belongs to another user`, status: "failed" });
  await t.action(internal.erasure.eraseEmail, { email: EMAIL });
  expect(await t.run((ctx) => ctx.db.get("webhookEvents", id))).toMatchObject({
    error: "[erased]",
    revision: 2,
  });
});

test("a pending event keeps its payload, and the result counts it", async () => {
  const t = deployment();
  const id = await insertEvent(t, 1, { payload: { text: EMAIL }, status: "pending" });
  expect(await t.action(internal.erasure.eraseEmail, { email: EMAIL })).toMatchObject({
    erased: { webhookEvents: 0 },
    pending: 1,
  });
  expect(await t.run((ctx) => ctx.db.get("webhookEvents", id))).toHaveProperty("payload");
});

test("a sent event with more deliveries than one transaction deletes is erased with all of them", async () => {
  const t = deployment();
  await t.run(async (ctx) => {
    const owner = { name: "N", email: "n@example.com", emailKey: "n@example.com", scopes: [], revision: 1 };
    const ownerId = await ctx.db.insert("users", owner);
    const address = { url: "https://p.example.com", events: ["*"], enabled: false, deployment: true };
    const endpointId = await ctx.db.insert("webhookEndpoints", {
      ownerId,
      ...address,
      secrets: [],
      revision: 1,
    });
    const idle = { state: "idle" as const, slow: false, pending: 0, failures: 0 };
    await ctx.db.insert("webhookSenders", { endpointId, ...idle });
    const event = { type: "key.created", time: 0, purgeAt: 1e15, ownerId };
    const named = await ctx.db.insert("outgoingEvents", { ...event, data: `{"name":"${EMAIL}"}` });
    const other = await ctx.db.insert("outgoingEvents", { ...event, data: "{}" });
    const sent = { endpointId, ownerId, type: "key.created", status: "succeeded" as const };
    const delivery = { ...sent, attempts: [], tries: 1, revision: 1 };
    for (let n = 0; n < 600; n++) await ctx.db.insert("webhookDeliveries", { ...delivery, eventId: named });
    await ctx.db.insert("webhookDeliveries", { ...delivery, eventId: other, lastReply: `Hello ${EMAIL}` });
  });
  const { erased } = await t.action(internal.erasure.eraseEmail, { email: EMAIL });
  expect(erased).toEqual({ webhookEvents: 0, outgoingEvents: 1, webhookDeliveries: 1 });
  const [events, deliveries] = await t.run(async (ctx) => [
    await ctx.db.query("outgoingEvents").collect(),
    await ctx.db.query("webhookDeliveries").collect(),
  ]);
  expect([events.length, deliveries.map(({ lastReply }) => lastReply)]).toEqual([1, [undefined]]);
});
