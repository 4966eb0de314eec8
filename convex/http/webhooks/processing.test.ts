import { describe, expect, test, vi } from "vitest";
import { internal } from "../../_generated/api";
import { as, engineName, later, run, settle, useEngine } from "../testing/engine.testing";
import { json, page, problem, type Json } from "../testing/replies.testing";
import { logged, post, processed, read, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const root = () => as("root");
const get = async (path: string) => json((await root())("GET", path));

/** Lets the time pass until the next attempt of whatever failed has been made. */
async function nextAttempt(): Promise<void> {
  later(30 * MINUTE);
  await settle();
}

describe("an event", () => {
  test("is in the log with what is known of it, its secrets hidden", async () => {
    const event = await processed("stripe", "checkout.session.completed");
    expect(event).toEqual({
      id: expect.any(String) as string,
      eventId: expect.stringMatching(/^evt_/) as string,
      source: "stripe",
      type: "checkout.session.completed",
      status: "success",
      attempts: 1,
      handled: true,
      receivedAt: expect.any(String) as string,
      processedAt: expect.any(String) as string,
    });
    const { payload } = await read(event["id"]);
    expect(payload).toMatchObject({
      data: { object: { id: "cs_test_a1b2c3", client_secret: "[redacted]" } },
    });
  });

  test("that is nested deeper than a stack is high is shown as far as 64 levels", async () => {
    const body = `{"ref":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
    const event = await processed("github", "push", { id: "deep", body });
    const { payload } = await read(event["id"]);
    expect(JSON.stringify(payload)).toBe(`{"ref":${"[".repeat(63)}"[nested too deep]"${"]".repeat(63)}}`);
  });

  test("that nobody handles is a success all the same", async () => {
    expect(await processed("stripe", "invoice.paid")).toMatchObject({ status: "success", handled: false });
  });

  test("that comes 50 times at once is processed once", async () => {
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => post("github", "push", { id: "fifty" })),
    );
    expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    await settle();
    expect(await logged("fifty")).toMatchObject({ status: "success", attempts: 1 });
    expect(await processed("github", "push", { id: "fifty" })).toMatchObject({ attempts: 1 });
  });

  test("of one source says nothing of the same id at another", async () => {
    await processed("github", "push", { id: "msg_same" });
    await post("clerk", "session.created", { id: "msg_same" });
    const events = await page((await root())("GET", "/api/webhook-events?limit=100"));
    expect(events.filter(({ eventId }) => eventId === "msg_same")).toHaveLength(2);
  });
});

describe("stripe", () => {
  test("a checkout session becomes a payment", async () => {
    await processed("stripe", "checkout.session.completed");
    expect(await get("/api/payments/cs_test_a1b2c3")).toEqual({
      sessionId: "cs_test_a1b2c3",
      customerId: "cus_9s6XKzkNRiz8i3",
      amountTotal: 4900,
      currency: "eur",
    });
  });

  test("an amount that no number holds is left out", async () => {
    const body = `{"id":"evt_huge","type":"checkout.session.completed","created":1,"data":{"object":{"id":"cs_huge","amount_total":1e999}}}`;
    await processed("stripe", "checkout.session.completed", { id: "evt_huge", body });
    expect(await get("/api/payments/cs_huge")).toEqual({ sessionId: "cs_huge" });
  });

  const subscription = (id: string, at: number, event: string, status: string) => ({
    type: `customer.subscription.${event}`,
    body: (eventId: string) =>
      JSON.stringify({
        id: eventId,
        type: `customer.subscription.${event}`,
        created: at,
        data: { object: { id, customer: "cus_1", status } },
      }),
  });

  test("four events of a subscription end the same in every order", async () => {
    const seconds = Math.floor(Date.now() / 1000);
    for (const [n, order] of permutations([0, 1, 2, 3]).entries()) {
      const id = `sub_${n}`;
      const events = [
        subscription(id, seconds, "created", "incomplete"),
        subscription(id, seconds + 10, "updated", "trialing"),
        subscription(id, seconds + 20, "updated", "active"),
        subscription(id, seconds + 20, "deleted", "canceled"),
      ];
      for (const at of order) {
        const event = events[at];
        if (event) await post("stripe", event.type, { body: event.body(`evt_${n}_${at}`) });
      }
      await settle();
      expect(await get(`/api/subscriptions/${id}`), order.join()).toMatchObject({ status: "canceled" });
    }
  });
});

describe("clerk", () => {
  const user = (id: string, email: string, more: Json = {}) => ({
    id,
    first_name: "Ada",
    last_name: "Lovelace",
    primary_email_address_id: "e1",
    email_addresses: [
      { id: "e0", email_address: "other@example.com", verification: { status: "verified" } },
      { id: "e1", email_address: email, verification: { status: "verified" } },
    ],
    updated_at: Date.now(),
    ...more,
  });
  const event = (type: string, data: Json) => ({
    body: JSON.stringify({ type, data, timestamp: Date.now() }),
  });
  const send = (type: string, data: Json, id?: string) =>
    processed("clerk", type, { ...event(type, data), ...(id !== undefined && { id }) });
  const find = async (clerkId: string) =>
    (await page((await root())("GET", "/api/users?limit=100"))).find((one) => one["clerkId"] === clerkId);

  test("a new user has its primary email and its joined name", async () => {
    await send("user.created", user("user_new", "new@example.com"));
    expect(await find("user_new")).toMatchObject({ email: "new@example.com", name: "Ada Lovelace" });
  });

  test("an update changes it, an older one does not", async () => {
    const now = Date.now();
    await send(
      "user.updated",
      user("user_upd", "second@example.com", { updated_at: now + 10_000, last_name: "King" }),
    );
    await send("user.created", user("user_upd", "first@example.com", { updated_at: now }));
    expect(await find("user_upd")).toMatchObject({ email: "second@example.com", name: "Ada King" });
  });

  test("a user who was known before is joined by a verified email", async () => {
    const known = await as("known");
    await send("user.created", user("user_known", "KNOWN@example.com"));
    expect(await find("user_known")).toMatchObject({ id: known.userId });
  });

  test("an email that is not verified joins nobody", async () => {
    const victim = await as("clerk-victim");
    const unverified = [
      { id: "e1", email_address: "clerk-victim@example.com", verification: { status: "unverified" } },
    ];
    const failed = await send("user.created", user("user_thief", "", { email_addresses: unverified }));
    expect(failed).toMatchObject({
      status: "pending",
      error: expect.stringContaining("belongs to another user") as string,
    });
    expect(await find("user_thief")).toBeUndefined();
    expect((await get(`/api/users/${victim.userId}`))["clerkId"]).toBeUndefined();
  });

  test("what stands among the addresses and is none is passed over", async () => {
    const addresses = [null, "x", 1, ...user("user_odd", "odd@example.com").email_addresses];
    const done = await send("user.created", user("user_odd", "", { email_addresses: addresses }));
    expect(done["status"]).toBe("success");
    expect(await find("user_odd")).toMatchObject({ email: "odd@example.com" });
    const nameless = user("user_none", "", { email_addresses: [null], primary_email_address_id: undefined });
    expect((await send("user.created", nameless))["status"]).toBe("success");
  });

  test("an email that another holds fails the event until that is sorted out", async () => {
    await send("user.created", user("user_holder", "held@example.com"));
    const failed = await send("user.created", user("user_late", "held@example.com"), "msg_held");
    expect(failed).toMatchObject({ status: "pending", attempts: 1 });
    await nextAttempt();
    expect(await logged("msg_held")).toMatchObject({ status: "pending", attempts: 2 });

    await send("user.updated", user("user_holder", "moved@example.com", { updated_at: Date.now() + DAY }));
    await nextAttempt();
    const done = await logged("msg_held");
    expect(done).toMatchObject({ status: "success", attempts: 3, handled: true });
    expect(done).not.toHaveProperty("error");
    expect(await find("user_late")).toMatchObject({ email: "held@example.com" });
  });

  test("a deleted user stays deleted, whatever comes late", async () => {
    await send("user.created", user("user_del", "deleted@example.com"));
    await send("user.deleted", { id: "user_del", deleted: true });
    await send("user.updated", user("user_del", "deleted@example.com", { updated_at: Date.now() + DAY }));
    expect(await find("user_del")).toBeUndefined();
    await send("user.deleted", { id: "user_never", deleted: true });
    await send("user.created", user("user_never", "never@example.com"));
    expect(await find("user_never")).toBeUndefined();
  });
});

describe("an event that always fails", () => {
  test("is given up after 8 attempts with one line that an alert can match, and can be replayed", async () => {
    const spy = vi.spyOn(console, "error").mockImplementation(() => undefined);
    // A subscription without an id: nothing can be made of it.
    const body = JSON.stringify({
      id: "evt_bad",
      type: "customer.subscription.updated",
      created: 1,
      data: { object: {} },
    });
    await processed("stripe", "customer.subscription.updated", { id: "evt_bad", body });
    for (let attempt = 2; attempt <= 8; attempt++) {
      await nextAttempt();
      expect(await logged("evt_bad")).toMatchObject({ attempts: attempt });
    }
    const failed = await logged("evt_bad");
    expect(failed).toMatchObject({ status: "failed", attempts: 8, error: "id: must be a string" });
    await nextAttempt();
    expect(await logged("evt_bad")).toEqual(failed);
    if (engineName === "convex-test") {
      const lines = spy.mock.calls
        .map(([line]) => String(line))
        .filter((line) => line.includes("webhook_failed") && line.includes("evt_bad"));
      expect(lines.map((line) => JSON.parse(line) as Json)).toEqual([
        expect.objectContaining({ source: "stripe", eventId: "evt_bad", attempts: 8 }),
      ]);
    }
    spy.mockRestore();

    const call = await root();
    const path = `/api/webhook-events/${String(failed["id"])}`;
    const replayed = await json(call("POST", `${path}/replay`), 202);
    expect(replayed).toMatchObject({ status: "pending", attempts: 0 });
    await problem(call("POST", `${path}/replay`), 409, "conflict");
    await settle();
    expect(await logged("evt_bad")).toMatchObject({ status: "pending", attempts: 1 });
  });
});

describe("the log", () => {
  test("lists by source and status, and links keep the filter", async () => {
    const call = await root();
    await processed("github", "push", { id: "listed-1" });
    await processed("github", "push", { id: "listed-2" });
    const first = await call("GET", "/api/webhook-events?source=github&status=success&limit=1");
    expect((await page(first))[0]).toMatchObject({ eventId: "listed-2", source: "github" });
    const next = /<([^>]+)>/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    expect(next).toContain("source=github&status=success");
    expect((await page(call("GET", next)))[0]).toMatchObject({ eventId: "listed-1" });
    await problem(call("GET", next.replace("github", "stripe")), 400, "invalid_cursor");
    await problem(call("GET", "/api/webhook-events?source=paypal"), 400, "invalid_request");
  });

  test("a success can be replayed, and does nothing twice", async () => {
    const event = await processed("github", "issues", { id: "replayed" });
    await json((await root())("POST", `/api/webhook-events/${String(event["id"])}/replay`), 202);
    await settle();
    expect(await logged("replayed")).toMatchObject({ status: "success", attempts: 1 });
  });

  test("payloads past their time are purged, the event stays", async () => {
    const event = await processed("github", "release", { id: "purged" });
    later(31 * DAY);
    await run("mutation", internal.webhookEvents.purge, {});
    await settle();
    expect(await read(event["id"])).not.toHaveProperty("payload");
    await problem(
      (await root())("POST", `/api/webhook-events/${String(event["id"])}/replay`),
      409,
      "conflict",
    );
  });
});

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((one, at) =>
    permutations(list.filter((_, other) => other !== at)).map((rest) => [one, ...rest]),
  );
}
