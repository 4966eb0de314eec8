/** What the events of Stripe and Clerk do, in whatever order they come. */
import { describe, expect, test } from "vitest";
import { as, settle, useEngine } from "../testing/engine.testing";
import { json, page, type Json } from "../testing/replies.testing";
import { logged, nextAttempt, post, processed, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

const DAY = 24 * 60 * 60_000;
const root = () => as("root");
const get = async (path: string) => json((await root())("GET", path));

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

  test("an email that is not verified is given up to who proves it, and to nobody else", async () => {
    const soon = (status: string) => ({
      email_addresses: [{ id: "e1", email_address: "soon@example.com", verification: { status } }],
    });
    await send("user.created", user("user_soon", "", soon("unverified")));
    expect(await find("user_soon")).toMatchObject({ email: "soon@example.com" });
    await send("user.created", user("user_sooner", "", soon("unverified")));
    expect(await find("user_sooner")).toBeUndefined();
    await send("user.created", user("user_owner", "", soon("verified")));
    expect(await find("user_owner")).toMatchObject({ email: "soon@example.com" });
    expect((await find("user_soon"))?.["email"]).toMatch(/@no-email\.invalid$/);
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

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((one, at) =>
    permutations(list.filter((_, other) => other !== at)).map((rest) => [one, ...rest]),
  );
}
