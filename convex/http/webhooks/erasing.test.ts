/** DELETE /api/webhook-events/:id, and the operator's command that erases an email from the logs. */
import { describe, expect, test } from "vitest";
import { internal } from "../../_generated/api";
import { as, run, settle, useEngine } from "../testing/engine.testing";
import { json, page, problem } from "../testing/replies.testing";
import { logged, post, processed, read, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

const pathOf = (event: Record<string, unknown>) => `/api/webhook-events/${String(event["id"])}`;

describe("deleting", () => {
  test.each([
    ["in the document", "small"],
    ["in file storage", "x".repeat(60_000)],
  ])("a payload %s is erased, and the event stays in the log", async (_, text) => {
    const root = await as("root");
    const body = JSON.stringify({ type: "session.created", ref: text });
    const event = await processed("clerk", "session.created", { id: `erased-${text.length}`, body });
    expect(await read(event["id"])).toHaveProperty("payload");
    const reply = await root("DELETE", pathOf(event));
    expect([reply.status, await reply.text()]).toEqual([204, ""]);
    expect(await read(event["id"])).toEqual(event);
    expect((await root("DELETE", pathOf(event))).status).toBe(204);
    const refused = await problem(root("POST", `${pathOf(event)}/replay`), 409, "conflict");
    expect(refused.detail).toBe("The payload of the event has been erased or purged");
    // The source sends it again.
    await post("clerk", "session.created", { id: `erased-${text.length}`, body });
    await settle();
    expect(await logged(`erased-${text.length}`)).toEqual(event);
  });

  test("a pending event keeps its payload", async () => {
    const root = await as("root");
    // A user without an id cannot be handled.
    const body = JSON.stringify({ type: "user.updated", data: {} });
    const event = await processed("clerk", "user.updated", { id: "evt_busy", body });
    expect(event).toMatchObject({ status: "pending" });
    await problem(root("DELETE", pathOf(event)), 409, "conflict");
    expect(await read(event["id"])).toHaveProperty("payload");
  });

  test("If-Match of another revision erases nothing", async () => {
    const root = await as("root");
    const event = await processed("clerk", "session.created", { id: "guarded" });
    await problem(
      root("DELETE", pathOf(event), undefined, { "If-Match": '"999"' }),
      412,
      "precondition_failed",
    );
    expect(await read(event["id"])).toHaveProperty("payload");
    const present = (await root("GET", pathOf(event))).headers.get("etag") ?? "";
    expect((await root("DELETE", pathOf(event), undefined, { "If-Match": present })).status).toBe(204);
  });
});

test("after a user was deleted, one command erases the payloads that name the user's email, and no others", async () => {
  const clerkUser = (id: string, email: string) => ({
    id,
    email_addresses: [{ id: "e1", email_address: email, verification: { status: "verified" } }],
    primary_email_address_id: "e1",
  });
  const clerk = (type: string, id: string, data: object) =>
    processed("clerk", type, { id, body: JSON.stringify({ type, data, timestamp: 1 }) });
  const created = await clerk("user.created", "msg_gone", clerkUser("user_gone", "gone@example.com"));
  const kept = await clerk("user.created", "msg_kept", clerkUser("user_kept", "gone@example.com.au"));
  await clerk("user.deleted", "msg_deleted", { id: "user_gone", deleted: true });
  const long = await clerk("email.created", "msg_long", {
    body: `${"x".repeat(60_000)} Signed-off-by: <GONE@example.com>`,
  });
  const other = await clerk("email.created", "msg_other", { body: `${"x".repeat(60_000)} nobody` });

  const report = await run("action", internal.erasure.eraseEmail, { email: "Gone@example.com" });
  expect(report).toEqual({
    erased: { webhookEvents: 2, outgoingEvents: 0, webhookDeliveries: 0 },
    pending: 0,
  });
  for (const event of [created, long]) expect(await read(event["id"])).not.toHaveProperty("payload");
  for (const event of [kept, other]) expect(await read(event["id"])).toHaveProperty("payload");
  expect(await run("action", internal.erasure.eraseEmail, { email: "gone@example.com" })).toMatchObject({
    erased: { webhookEvents: 0 },
  });
});

test("the command erases what was sent to partners and what they replied", async () => {
  const owner = await as("sender");
  const endpoint = { url: "http://127.0.0.1:65535/", events: ["key.*"] };
  const { id } = await json(owner("POST", "/api/webhook-endpoints", endpoint), 201);
  for (const name of ["for partner@example.org", "for others"])
    await json(owner("POST", "/api/keys", { name, scopes: ["items:read"] }), 201);
  await settle();
  const deliveries = () => page(owner("GET", `/api/webhook-endpoints/${String(id)}/deliveries`));
  expect(await deliveries()).toHaveLength(2);
  const report = await run("action", internal.erasure.eraseEmail, { email: "partner@example.org" });
  expect(report.erased.outgoingEvents).toBe(1);
  expect(await deliveries()).toHaveLength(1);
});
