/** Every declared event is emitted where its change is made, documented, and delivered with what GET shows. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describedBy } from "../../../openapi/contract/described";
import { closed, validationErrors } from "../../../openapi/contract/schemas";
import type { JsonSchema } from "../kit/described.kit";
import { internal } from "../../_generated/api";
import { EVENT_TYPES, EVENTS } from "../../outgoing/eventTypes.lib";
import { as, run, settle, useEngine } from "../testing/engine.testing";
import { FIXTURES } from "../testing/fixtures.testing";
import { processed, WEBHOOK_ENV } from "../testing/webhooks.testing";
import { expectVerified, openReceiver, subscribe } from "./receiver.testing";

useEngine({ env: WEBHOOK_ENV });

const document = JSON.parse(readFileSync("openapi/openapi.json", "utf8")) as JsonSchema;
const { operations } = describedBy({ ...document, paths: document["webhooks"] });

test("every event has a change in the fixtures, and every change an event", () => {
  expect(Object.keys(FIXTURES.changes).sort()).toEqual([...EVENT_TYPES].sort());
});

test.each(EVENT_TYPES)("%s is emitted, documented, and delivered with what GET shows", async (type) => {
  const owner = await as("owner");
  const scopes = EVENT_TYPES.map((declared) => EVENTS[declared].scope);
  await run("mutation", internal.users.setScopes, { email: "owner@example.com", scopes });
  const partner = await openReceiver();
  const { secret, path } = await subscribe(owner, partner.url, [type]);
  const shown = await FIXTURES.changes[type]?.(owner);
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
  // `processed` reads the log as this user, who must exist before the subscription.
  const root = await as("root");
  await run("mutation", internal.users.setScopes, { email: "root@example.com", scopes: ["users:read"] });
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
