/** The effects of Stripe's events, in any order of arrival. */
import { expect, test } from "vitest";
import { as, settle, useEngine } from "../testing/engine.testing";
import { json, type Json } from "../testing/replies.testing";
import { post, processed, read, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

const root = () => as("root");
const get = async (path: string) => json((await root())("GET", path));

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

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]];
  return list.flatMap((first, at) =>
    permutations(list.filter((_, other) => other !== at)).map((rest) => [first, ...rest]),
  );
}
