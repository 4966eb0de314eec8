/** Every declared event is emitted where its change is made, documented, and delivered with what GET shows. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describedBy } from "../../../openapi/contract/described";
import { closed, validationErrors } from "../../../openapi/contract/schemas";
import type { JsonSchema } from "../kit/described.kit";
import { internal } from "../../_generated/api";
import type { Id } from "../../_generated/dataModel";
import { EVENT_TYPES, EVENTS, type EventType } from "../../outgoing/eventTypes.lib";
import { as, run, send, settle, useEngine, type Call } from "../testing/engine.testing";
import { json, type Json } from "../testing/replies.testing";
import { processed, WEBHOOK_ENV } from "../testing/webhooks.testing";
import { expectVerified, openReceiver, subscribe } from "./receiver.testing";

useEngine({ env: WEBHOOK_ENV });

const document = JSON.parse(readFileSync("openapi/openapi.json", "utf8")) as JsonSchema;
const { operations } = describedBy({ ...document, paths: document["webhooks"] });

const id = ({ id: found }: Json) => String(found);
const item = (call: Call) => json(call("POST", "/api/items", { name: "bolt" }), 201);
const key = (call: Call) => json(call("POST", "/api/keys", { name: "ci", scopes: ["items:read"] }), 201);
const upload = (call: Call) =>
  json(
    send("/api/upload?visibility=private", {
      ...{ method: "POST", body: "bytes" },
      headers: { "X-API-Key": call.key, "Content-Type": "text/plain" },
    }),
  );
let made = 0;
const user = (call: Call) =>
  json(call("POST", "/api/users", { name: "Grace", email: `grace.${++made}@example.com` }), 201);

/** Makes the change of each event. Returns what GET shows afterwards, or the id of what was deleted. */
const CHANGES: Record<EventType, (call: Call) => Promise<unknown>> = {
  "item.created": item,
  "item.updated": async (call) => json(call("PATCH", `/api/items/${id(await item(call))}`, { name: "nut" })),
  "item.deleted": async (call) => deleted(call, "/api/items", await item(call)),
  "file.created": async (call) => {
    const { url: _, ...file } = await json(call("GET", `/api/files/${id(await upload(call))}`));
    return file;
  },
  "file.deleted": async (call) => deleted(call, "/api/files", await upload(call)),
  "job.succeeded": async (call) => {
    const job = await json(call("POST", "/api/process", { data: 1 }, { Prefer: "respond-async" }), 202);
    await settle();
    return json(call("GET", `/api/jobs/${id(job)}`));
  },
  "job.failed": async (call) => {
    const storageId = id(await upload(call)) as Id<"_storage">;
    await call("DELETE", `/api/files/${storageId}`);
    const { result } = await run("mutation", internal.jobs.enqueue, {
      ownerId: call.userId,
      input: { storageId },
    });
    await settle();
    return json(call("GET", `/api/jobs/${result._id}`));
  },
  "key.created": async (call) => withoutSecret(await key(call)),
  "key.rotated": async (call) =>
    withoutSecret(await json(call("POST", `/api/keys/${id(await key(call))}/rotate`))),
  "key.revoked": async (call) => {
    const { id: keyId } = await key(call);
    await call("DELETE", `/api/keys/${String(keyId)}`);
    const keys = (await json(call("GET", "/api/keys?limit=100"))) as unknown as Json[];
    return keys.find((one) => one["id"] === keyId);
  },
  "user.created": user,
  "user.updated": async (call) => json(call("PATCH", `/api/users/${id(await user(call))}`, { name: "Ada" })),
  "user.deleted": async (call) => deleted(call, "/api/users", await user(call)),
  "payment.updated": async (call) => {
    await processed("stripe", "checkout.session.completed");
    return json(call("GET", "/api/payments/cs_test_a1b2c3"));
  },
  "subscription.updated": async (call) => {
    await processed("stripe", "customer.subscription.updated");
    return json(call("GET", "/api/subscriptions/sub_1MowQVLkdIwHu7ix"));
  },
};

async function deleted(call: Call, path: string, thing: Json): Promise<Json> {
  expect((await call("DELETE", `${path}/${id(thing)}`)).status).toBe(204);
  return { id: thing["id"] };
}

const withoutSecret = ({ key: _, ...shown }: Json) => shown;

test.each(EVENT_TYPES)("%s is emitted, documented, and delivered with what GET shows", async (type) => {
  const owner = await as("owner");
  const scopes = EVENT_TYPES.map((declared) => EVENTS[declared].scope);
  await run("mutation", internal.users.setScopes, { email: "owner@example.com", scopes });
  const partner = await openReceiver();
  const { secret, path } = await subscribe(owner, partner.url, [type]);
  const shown = await CHANGES[type](owner);
  await settle();
  const [received] = partner.received;
  expect(partner.received).toHaveLength(1);
  if (!received) return;
  expectVerified(received, secret);
  expect(received.json).toMatchObject({ type, data: shown });
  const documented = operations.find((operation) => operation.path === type);
  const schema = documented?.requestBody?.content["application/json"]?.schema;
  expect(validationErrors(closed(schema ?? {}), received.json, type)).toEqual([]);
  expect(schema).toBeDefined();
  await owner("DELETE", path);
});

test("events of Clerk's webhooks reach partners, and a change that does not show in the API sends nothing", async () => {
  const root = await as("owner");
  const partner = await openReceiver();
  await subscribe(root, partner.url, ["user.*"]);
  await processed("clerk", "user.created");
  await processed("clerk", "user.updated");
  await run("mutation", internal.users.setScopes, { email: "ada@example.org", scopes: [] });
  await processed("clerk", "user.deleted");
  await settle();
  expect(partner.received.map(({ json }) => json["type"]).sort()).toEqual([
    "user.created",
    "user.deleted",
    "user.updated",
  ]);
  expect(partner.ofType("user.updated")[0]?.json).toMatchObject({ data: { name: "Ada King" } });
});

test("a ping and every event have a signature that a partner can check", () => {
  const types = operations.map(({ path }) => path).filter((path) => path.includes(".") || path === "ping");
  expect(types.sort()).toEqual([...EVENT_TYPES, "ping"].sort());
});
