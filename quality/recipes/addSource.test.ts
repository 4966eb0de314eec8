/** Applies docs/guides/add-a-webhook-source.md to a copy of the project. */
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { Send } from "../../openapi/contract/check";
import { callerWith, type Caller } from "../../convex/http/testing/caller.testing";
import { Project } from "./project";

const COPIES = 20;

test("the guide's steps add a source that verifies, logs and handles events once, is documented, and can be sent by `npm run webhook`", async () => {
  const project = await Project.copy();
  const files = await project.follow("add-a-webhook-source", "# Add a webhook source");
  expect(files).toEqual([
    "convex/acme.ts",
    "convex/webhooks/handlers.lib.ts",
    "convex/http/webhooks/webhooks.contract.ts",
    "convex/http/api.routes.ts",
    "scripts/webhook/senders.ts",
  ]);
  await project.lint(files);
  const openapi = await readFile(join(project.directory, "openapi/openapi.json"), "utf8");
  expect(JSON.parse(openapi)).toHaveProperty(
    ["paths", "/webhooks/acme", "post", "operationId"],
    "receiveAcme",
  );

  const { send, key, url } = await project.start();
  const call = callerWith(send, key);
  await refuses(send, call);
  await handlesOnce(send, call);
  const sent = await project.run(
    "npm",
    "run",
    "--silent",
    "webhook",
    "--",
    "acme",
    "order.paid",
    "--url",
    url,
  );
  expect(sent).toMatch(/^[\w-]+ {2}200 {2}OK$/m);
});

async function handlesOnce(send: Send, call: Caller): Promise<void> {
  const copies = await Promise.all(
    Array.from({ length: COPIES }, () => post(send, order("evt_1", "order.paid"))),
  );
  expect(copies.map(({ status }) => status)).toEqual(Array.from({ length: COPIES }, () => 200));
  expect((await post(send, order("evt_2", "order.seen"))).status).toBe(200);
  await vi.waitFor(async () => {
    const log = await call("GET", "/api/webhook-events?source=acme&status=success");
    expect(await log.json()).toMatchObject([
      { eventId: "evt_2", type: "order.seen", attempts: 1, handled: false },
      { eventId: "evt_1", type: "order.paid", attempts: 1, handled: true },
    ]);
  }, 60_000);
  expect(await (await call("GET", "/api/payments/order_1")).json()).toEqual({ sessionId: "order_1" });
}

async function refuses(send: Send, call: Caller): Promise<void> {
  const body = order("evt_0", "order.paid");
  const signed = headers(body);
  const refused = async (changed: Record<string, string>): Promise<unknown> =>
    (await post(send, body, { ...signed, ...changed })).json();
  const rejected = { status: 400, code: "webhook_rejected", detail: "Webhook verification failed" };
  expect(await refused({ "Acme-Signature": headers(`${body} `)["Acme-Signature"] })).toMatchObject(rejected);
  expect(await refused({ "Acme-Signature": headers(body, "another")["Acme-Signature"] })).toMatchObject(
    rejected,
  );
  expect(await refused(headers(body, SECRET, Date.now() - 6 * MINUTE))).toMatchObject(rejected);
  expect(await refused({ "Acme-Signature": "" })).toMatchObject({ status: 400, code: "webhook_unsigned" });
  expect(await refused({ "Acme-Timestamp": "" })).toMatchObject(rejected);
  expect(await (await call("GET", "/api/webhook-events?source=acme")).json()).toEqual([]);
}

const MINUTE = 60_000;
/** The secret that the guide sets. */
const SECRET = "only_for_tests_on_this_machine";

const order = (id: string, type: string): string =>
  JSON.stringify({ id, type, createdAt: new Date().toISOString(), data: { id: "order_1" } });

const post = (send: Send, body: string, sent: Record<string, string> = headers(body)): Promise<Response> =>
  send("/webhooks/acme", { method: "POST", body, headers: sent });

/** Returns the headers with which Acme sends a body. */
function headers(body: string, secret = SECRET, now = Date.now()) {
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
  return { "Acme-Signature": signature, "Acme-Timestamp": timestamp };
}
