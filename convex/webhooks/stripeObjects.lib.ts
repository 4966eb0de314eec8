/**
 * Converts the objects in Stripe's events. Supports the formats before and since API version 2025-03-31. A member whose type
 * differs from Stripe's documentation counts as absent.
 */
import type { Payment, Subscription } from "./billing.lib";
import { list, object, optionalText, text, type Json } from "./payload.lib";

/** Converts a checkout session to a payment. */
export const readPayment = (session: Json): Payment => ({
  sessionId: text(session, "id"),
  ...defined({
    customerId: idOf(session, "customer"),
    amountTotal: optionalNumber(session, "amount_total"),
    currency: optionalText(session, "currency"),
    paymentStatus: oneOf(session, "payment_status", ["paid", "unpaid", "no_payment_required"]),
    status: oneOf(session, "status", ["open", "complete", "expired"]),
    mode: optionalText(session, "mode"),
    clientReferenceId: optionalText(session, "client_reference_id"),
    subscriptionId: idOf(session, "subscription"),
  }),
});

/** Converts a subscription. Times are in milliseconds since the epoch. */
export function readSubscription(subscription: Json): Subscription {
  const items = list(object(subscription, "items"), "data");
  return {
    subscriptionId: text(subscription, "id"),
    status: text(subscription, "status"),
    cancelAtPeriodEnd: subscription["cancel_at_period_end"] === true,
    items: items.flatMap(toItem),
    ...defined({
      customerId: idOf(subscription, "customer"),
      currentPeriodEnd: periodEnd(subscription, items),
      canceledAt: time(subscription, "canceled_at"),
    }),
  };
}

/** Returns the end of the current period. Since API version 2025-03-31 each item has its own period; the earliest end counts. */
function periodEnd(subscription: Json, items: readonly Json[]): number | undefined {
  const ends = items.flatMap((item) => time(item, "current_period_end") ?? []);
  return time(subscription, "current_period_end") ?? (ends.length > 0 ? Math.min(...ends) : undefined);
}

/** Converts an item. Older subscriptions have a plan instead of a price. Returns an empty list for an item with neither. */
function toItem(item: Json): NonNullable<Subscription["items"]> {
  const price = idOf(item, "price") === undefined ? "plan" : "price";
  const priceId = idOf(item, price);
  if (priceId === undefined) return [];
  const rest = {
    productId: idOf(object(item, price), "product"),
    quantity: optionalNumber(item, "quantity"),
  };
  return [{ priceId, ...defined(rest) }];
}

/** Returns the id of a related object. Stripe sends only the id, or the whole object if the field is expanded. */
const idOf = (owner: Json, name: string): string | undefined =>
  optionalText(owner, name) ?? optionalText(object(owner, name), "id");

/** Converts a time from Stripe's seconds to milliseconds. */
function time(owner: Json, name: string): number | undefined {
  const milliseconds = (optionalNumber(owner, name) ?? NaN) * 1000;
  return Math.abs(milliseconds) <= MAX_TIME ? milliseconds : undefined;
}

/** The latest time that a `Date` can represent, in milliseconds since the epoch. */
const MAX_TIME = 8.64e15;

function oneOf<const T extends string>(owner: Json, name: string, values: readonly T[]): T | undefined {
  const found = optionalText(owner, name);
  return values.find((value) => value === found);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Returns the fields that have a value. Convex does not store undefined. */
const defined = <T extends object>(fields: T): Defined<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;

/** Returns the finite number of a member. `JSON.parse` returns Infinity for a number that is too large; it counts as absent. */
function optionalNumber(payload: Json, name: string): number | undefined {
  const value = payload[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
