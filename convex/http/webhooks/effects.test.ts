/** The effects of Stripe and Clerk events, in any order of arrival. */
import { describe, expect, test } from "vitest";
import { as, sendWithToken, settle, useEngine } from "../testing/engine.testing";
import { json, page, problem, type Json } from "../testing/replies.testing";
import { logged, nextAttempt, post, processed, read, WEBHOOK_ENV } from "../testing/webhooks.testing";

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
      paymentStatus: "paid",
      status: "complete",
      mode: "payment",
      clientReferenceId: "order_1042",
    });
  });

  const NOW = Math.floor(Date.now() / 1000);
  /** Delivers an event about an object, and returns its entry in the log once it is processed. */
  const deliver = (id: string, type: string, created: number, object: Json, previous?: Json) =>
    processed("stripe", type, {
      id,
      body: JSON.stringify({
        ...{ id, object: "event", type, created },
        data: { object, ...(previous && { previous_attributes: previous }) },
      }),
    });
  const session = (id: string, more: Json) => ({ id, object: "checkout.session", customer: null, ...more });

  test.each([
    ["async_payment_succeeded", { status: "complete", payment_status: "paid" }],
    ["async_payment_failed", { status: "complete", payment_status: "unpaid" }],
    ["expired", { status: "expired", payment_status: "unpaid" }],
  ])("after the event %s, in either order, the payment has the session's state", async (name, state) => {
    const completed = { status: "complete", payment_status: "unpaid" };
    for (const [n, isLate] of [false, true].entries()) {
      const id = `cs_${name}_${n}`;
      const events = [
        () => deliver(`evt_${id}_1`, "checkout.session.completed", NOW, session(id, completed)),
        () => deliver(`evt_${id}_2`, `checkout.session.${name}`, NOW, session(id, state)),
      ];
      for (const event of isLate ? events.reverse() : events)
        expect(await event()).toMatchObject({ status: "success", handled: true });
      expect(await get(`/api/payments/${id}`)).toEqual({
        sessionId: id,
        status: state.status,
        paymentStatus: state.payment_status,
      });
    }
  });

  test("related objects may be ids or expanded, and invalid members are omitted", async () => {
    const odd = session("cs_expanded", {
      customer: { id: "cus_2", object: "customer" },
      subscription: { id: "sub_2", object: "subscription" },
      mode: "subscription",
      payment_status: "no_payment_required",
      status: "never_heard_of",
      client_reference_id: 7,
    });
    await deliver("evt_expanded", "checkout.session.completed", NOW, odd);
    expect(await get("/api/payments/cs_expanded")).toEqual({
      ...{ sessionId: "cs_expanded", customerId: "cus_2", subscriptionId: "sub_2", mode: "subscription" },
      paymentStatus: "no_payment_required",
    });
  });

  const END = 1_800_000_000;
  const item = (n: number, more: Json = {}) => ({
    id: `si_${n}`,
    price: { id: `price_${n}`, object: "price", product: `prod_${n}` },
    quantity: n,
    ...more,
  });
  test.each([
    ["before 2025-03-31", { current_period_end: END, items: { data: [item(1)] } }],
    [
      "since 2025-03-31",
      { items: { data: [item(1, { current_period_end: END }), item(2, { current_period_end: END + 9 })] } },
    ],
  ])(
    "the period, the cancellation and the items of a subscription are read in the format %s",
    async (form, state) => {
      const id = `sub_form_${form}`.replaceAll(" ", "_");
      await deliver(`evt_${id}`, "customer.subscription.updated", NOW, {
        ...{
          id,
          customer: "cus_1",
          status: "active",
          cancel_at_period_end: true,
          canceled_at: END - 9,
          ...state,
        },
      });
      expect(await get(`/api/subscriptions/${id}`)).toEqual({
        ...{ subscriptionId: id, customerId: "cus_1", status: "active", cancelAtPeriodEnd: true },
        currentPeriodEnd: new Date(END * 1000).toISOString(),
        canceledAt: new Date((END - 9) * 1000).toISOString(),
        items: state.items.data.map(({ quantity }) => ({
          ...{ priceId: `price_${quantity}`, productId: `prod_${quantity}`, quantity },
        })),
      });
    },
  );

  test("a plan counts as a price, and null members and items without a price are omitted", async () => {
    const data = [{ id: "si_1", plan: { id: "gold", product: null } }, { id: "si_2" }, null, "x"];
    await deliver("evt_plan", "customer.subscription.created", NOW, {
      ...{ id: "sub_plan", customer: null, status: "active", canceled_at: null, current_period_end: 1e300 },
      items: { data },
    });
    expect(await get("/api/subscriptions/sub_plan")).toEqual({
      ...{ subscriptionId: "sub_plan", status: "active", cancelAtPeriodEnd: false },
      items: [{ priceId: "gold" }],
    });
  });

  test("a subscription is paused and resumed", async () => {
    const state = { id: "sub_paused", customer: "cus_1", status: "paused" };
    expect(await deliver("evt_paused", "customer.subscription.paused", NOW, state)).toMatchObject({
      handled: true,
    });
    expect(await get("/api/subscriptions/sub_paused")).toMatchObject({ status: "paused" });
    await deliver("evt_resumed", "customer.subscription.resumed", NOW + 1, { ...state, status: "active" });
    expect(await get("/api/subscriptions/sub_paused")).toMatchObject({ status: "active" });
  });

  test("two updates within one second end in the state of the newer update, in either order", async () => {
    for (const [n, isLate] of [false, true].entries()) {
      const id = `sub_tie_${n}`;
      const state = (status: string) => ({ id, customer: "cus_1", status });
      const type = "customer.subscription.updated";
      // The ids sort against the order of the events.
      const updates = [
        () => deliver(`evt_z_${n}`, type, NOW, state("past_due"), { status: "active" }),
        () => deliver(`evt_a_${n}`, type, NOW, state("unpaid"), { status: "past_due" }),
      ];
      for (const update of isLate ? updates.reverse() : updates) await update();
      expect(await get(`/api/subscriptions/${id}`), String(isLate)).toMatchObject({ status: "unpaid" });
    }
  });

  test("of two updates within one second without previous attributes, the last one to arrive wins", async () => {
    const state = (status: string) => ({ id: "sub_arrival", customer: "cus_1", status });
    const type = "customer.subscription.updated";
    const first = await deliver("evt_z", type, NOW, state("past_due"));
    await deliver("evt_a", type, NOW, state("unpaid"));
    const last = await get("/api/subscriptions/sub_arrival");
    expect(last).toMatchObject({ status: "unpaid" });
    // A replay does not change the time of arrival.
    await json((await root())("POST", `/api/webhook-events/${String(first["id"])}/replay`), 202);
    await settle();
    expect(await get("/api/subscriptions/sub_arrival")).toEqual(last);
  });

  test("a thin event is verified and logged, but not handled", async () => {
    const event = await processed("stripe", "v1.billing.meter.error_report_triggered");
    expect(event).toMatchObject({ status: "success", handled: false });
    expect((await read(event["id"]))["payload"]).toMatchObject({ object: "v2.core.event" });
    const named = await processed("stripe", "checkout.session.completed", {
      id: "evt_thin",
      body: '{"id":"evt_thin","object":"v2.core.event","type":"checkout.session.completed","created":"2026-01-31T12:00:00.123Z"}',
    });
    expect(named).toMatchObject({ handled: false });
    const untimed = '{"id":"evt_soon","object":"v2.core.event","type":"x","created":"soon"}';
    expect((await post("stripe", "invoice.paid", { body: untimed })).status).toBe(400);
  });

  test("an amount out of range is omitted", async () => {
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

  test("four events of a subscription have the same final state in every order", async () => {
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
    (await page((await root())("GET", "/api/users?limit=100"))).find((user) => user["clerkId"] === clerkId);

  test("a new user has its primary email and its joined name", async () => {
    await send("user.created", user("user_new", "new@example.com"));
    expect(await find("user_new")).toMatchObject({ email: "new@example.com", name: "Ada Lovelace" });
  });

  test.each([
    ["the first and last name, trimmed", { first_name: " Ada ", last_name: "Byron " }, "Ada Byron"],
    ["the only name", { first_name: null, last_name: "Byron" }, "Byron"],
    ["the username without names", { first_name: " ", last_name: null, username: "ada" }, "ada"],
    [
      "the local part of the email without names and username",
      { first_name: null, last_name: null, username: null },
      "named4",
    ],
  ])("the name is %s", async (_what, names, name) => {
    const n = ["Ada Byron", "Byron", "ada", "named4"].indexOf(name) + 1;
    await send("user.created", user(`user_named${n}`, `named${n}@example.com`, names));
    expect(await find(`user_named${n}`)).toMatchObject({ name });
  });

  test("the keys and tokens of a banned user are refused immediately, until the ban is lifted", async () => {
    const banned = await as("banned");
    const updateBanned = (more: Json) =>
      send("user.updated", user("user_banned", "banned@example.com", { updated_at: Date.now(), ...more }));
    await updateBanned({ banned: false, locked: true });
    const withKey = () => banned("GET", "/api/items");
    const withToken = () => sendWithToken({ sub: "user_banned", issuer: "clerk" }, "/api/user");
    expect((await withKey()).status).toBe(200);
    expect(await json(withToken())).toMatchObject({ id: banned.userId });
    expect(await find("user_banned")).not.toHaveProperty("suspended");

    await updateBanned({ banned: true });
    expect((await problem(withKey(), 403, "invalid_credential")).detail).toBe("Invalid API key");
    expect(await find("user_banned")).toMatchObject({ id: banned.userId, suspended: true });
    expect((await problem(withToken(), 403, "invalid_credential")).detail).toBe("Invalid token");
    // An event without the field `banned` keeps the ban.
    await updateBanned({ last_name: "King" });
    expect(await find("user_banned")).toMatchObject({ name: "Ada King", suspended: true });

    await updateBanned({ banned: false });
    expect((await withKey()).status).toBe(200);
    expect((await withToken()).status).toBe(200);
    expect(await find("user_banned")).not.toHaveProperty("suspended");
  });

  test("a user that is created as banned is suspended", async () => {
    await send("user.created", user("user_born_banned", "born-banned@example.com", { banned: true }));
    expect(await find("user_born_banned")).toMatchObject({ suspended: true });
  });

  test("a ban takes effect although the email of the event belongs to another user", async () => {
    await send("user.created", user("user_free", "free@example.com"));
    await as("taken");
    const banned = user("user_free", "taken@example.com", { updated_at: Date.now() + 1, banned: true });
    expect(await send("user.updated", banned)).toMatchObject({ status: "success" });
    expect(await find("user_free")).toMatchObject({ email: "free@example.com", suspended: true });
  });

  test("events within one second are ordered by their milliseconds", async () => {
    const second = Math.floor(Date.now() / 1000) * 1000;
    const at = (updated_at: number, last_name: string) =>
      send("user.updated", user("user_ms", "ms@example.com", { updated_at, last_name }));
    await at(second + 2, "Second");
    await at(second + 1, "First");
    expect(await find("user_ms")).toMatchObject({ name: "Ada Second" });
  });

  test("events without updated_at are ordered by the timestamp of the event", async () => {
    const at = (timestamp: number, last_name: string) =>
      processed("clerk", "user.updated", {
        body: JSON.stringify({
          ...{ type: "user.updated", timestamp },
          data: user("user_env", "env@example.com", { updated_at: undefined, last_name }),
        }),
      });
    const now = Date.now();
    await at(now, "Newer");
    await at(now - 1, "Older");
    expect(await find("user_env")).toMatchObject({ name: "Ada Newer" });
  });

  test("an update changes the user, and an older event does not", async () => {
    const now = Date.now();
    await send(
      "user.updated",
      user("user_upd", "second@example.com", { updated_at: now + 10_000, last_name: "King" }),
    );
    await send("user.created", user("user_upd", "first@example.com", { updated_at: now }));
    expect(await find("user_upd")).toMatchObject({ email: "second@example.com", name: "Ada King" });
  });

  test("a verified email links the event to an existing user", async () => {
    const known = await as("known");
    await send("user.created", user("user_known", "KNOWN@example.com"));
    expect(await find("user_known")).toMatchObject({ id: known.userId });
  });

  test("an unverified email does not link the event to an existing user", async () => {
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

  test("an unverified email is transferred only to a user with the verified email", async () => {
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

  test("invalid entries in the list of addresses are skipped", async () => {
    const addresses = [null, "x", 1, ...user("user_odd", "odd@example.com").email_addresses];
    const done = await send("user.created", user("user_odd", "", { email_addresses: addresses }));
    expect(done["status"]).toBe("success");
    expect(await find("user_odd")).toMatchObject({ email: "odd@example.com" });
    const nameless = user("user_none", "", { email_addresses: [null], primary_email_address_id: undefined });
    expect((await send("user.created", nameless))["status"]).toBe("success");
  });

  test("an event with the email of another user fails until the conflict is resolved", async () => {
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

  test("a deleted user stays deleted when late events arrive", async () => {
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
  return list.flatMap((first, at) =>
    permutations(list.filter((_, other) => other !== at)).map((rest) => [first, ...rest]),
  );
}
