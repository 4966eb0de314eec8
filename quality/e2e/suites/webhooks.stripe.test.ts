import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { json, type Json } from "../../../convex/http/testing/replies.testing";
import { root } from "./client";
import { describeWith } from "./describeWith";
import { event, processed, receiverOf } from "./events";

/** Returns a change of an event that gives its object this id. */
const withId =
  (id: string) =>
  (made: Json): void => {
    Object.assign((made["data"] as { object: Json }).object, { id });
  };

describeWith(["--key", "--stripe-secret", receiverOf("stripe")], "effects of Stripe's events", () => {
  test("a checkout is recorded as a payment", async () => {
    const sessionId = `cs_test_${randomUUID()}`;
    const entry = await processed(event("stripe", "checkout.session.completed", withId(sessionId)));
    expect(entry).toMatchObject({ status: "success", handled: true });
    expect(await json(root("GET", `/api/payments/${sessionId}`))).toMatchObject({
      sessionId,
      amountTotal: 4900,
      currency: "eur",
      paymentStatus: "paid",
      status: "complete",
    });
    await processed(event("stripe", "checkout.session.expired", withId(sessionId), -60_000));
    expect(await json(root("GET", `/api/payments/${sessionId}`))).toMatchObject({ status: "expired" });
  });

  test("a thin event is logged and not handled", async () => {
    const entry = await processed(event("stripe", "v1.billing.meter.error_report_triggered"));
    expect(entry).toMatchObject({ status: "success", handled: false });
  });

  test("an older event never overwrites a newer state", async () => {
    const subscriptionId = `sub_${randomUUID()}`;
    const about = withId(subscriptionId);
    await processed(event("stripe", "customer.subscription.deleted", about));
    await processed(event("stripe", "customer.subscription.updated", about, 60_000));
    const at = `/api/subscriptions/${subscriptionId}`;
    expect(await json(root("GET", at))).toMatchObject({ subscriptionId, status: "canceled" });
  });
});
