import { expect, test } from "vitest";
import { compareVersions, versionOf } from "./event.lib";
import { follows } from "./order.lib";

const event = (state: object, previous?: object) => ({
  data: { object: state, ...(previous && { previous_attributes: previous }) },
});

test.each([
  [
    "a changed text",
    event({ status: "active", plan: 2 }),
    event({ status: "past_due", plan: 2 }, { status: "active" }),
  ],
  [
    "a changed member of an object",
    event({ metadata: { a: "1", b: "2" } }),
    event({ metadata: { a: "1", b: "3" } }, { metadata: { b: "2" } }),
  ],
  [
    "a member that was absent",
    event({ metadata: {} }),
    event({ metadata: { a: "1" } }, { metadata: { a: null } }),
  ],
  ["a value that was null", event({ canceled_at: null }), event({ canceled_at: 5 }, { canceled_at: null })],
  [
    "a changed list",
    event({ items: { data: [{ id: "si_1", quantity: 1 }] } }),
    event(
      { items: { data: [{ id: "si_1", quantity: 2 }] } },
      { items: { data: [{ id: "si_1", quantity: 1 }] } },
    ),
  ],
])(
  "an event follows another if its previous attributes equal the other's state: %s",
  (_what, first, second) => {
    expect(follows(second, first)).toBe(true);
    expect(follows(first, second)).toBe(false);
  },
);

test.each([
  ["without previous attributes", event({ status: "active" }), event({ status: "past_due" })],
  ["with empty previous attributes", event({ status: "active" }, {}), event({ status: "past_due" }, {})],
  [
    "that undo each other",
    event({ status: "active" }, { status: "past_due" }),
    event({ status: "past_due" }, { status: "active" }),
  ],
  ["with a shorter list", event({ items: [1] }), event({ items: [3] }, { items: [1, 2] })],
])("neither of two events %s follows the other", (_what, first, second) => {
  expect(follows(first, second)).toBeUndefined();
  expect(follows(second, first)).toBeUndefined();
});

test("at the same time, created precedes updated, paused and resumed, and deleted comes last", () => {
  const version = (type: string, time = 1) => versionOf({ type, time, eventId: type });
  const order = (first: string, second: string) =>
    Math.sign(compareVersions(version(second), version(first)));
  expect(order("customer.subscription.created", "customer.subscription.updated")).toBe(1);
  for (const type of ["paused", "resumed"]) {
    expect(order("customer.subscription.created", `customer.subscription.${type}`)).toBe(1);
    expect(order("customer.subscription.updated", `customer.subscription.${type}`)).toBe(0);
    expect(order(`customer.subscription.${type}`, "customer.subscription.deleted")).toBe(1);
  }
  expect(order("checkout.session.completed", "checkout.session.async_payment_succeeded")).toBe(1);
  expect(compareVersions(version("user.created", 1002), version("user.deleted", 1001))).toBe(1);
});
