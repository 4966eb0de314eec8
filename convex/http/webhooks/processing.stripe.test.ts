/** The processing of Stripe's events. */
import { expect, test } from "vitest";
import { useEngine } from "../testing/engine.testing";
import { nextAttempt, logged, processed, read, WEBHOOK_ENV } from "../testing/webhooks.testing";

useEngine({ env: WEBHOOK_ENV });

test("an event is in the log, with its secrets redacted", async () => {
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

test("a subscription without an id stays pending, and fails after 8 attempts", async () => {
  const type = "customer.subscription.updated";
  const body = JSON.stringify({ id: "evt_bad", type, created: 1, data: { object: {} } });
  await processed("stripe", type, { id: "evt_bad", body });
  for (let attempt = 2; attempt <= 8; attempt++) await nextAttempt();
  const failed = { status: "failed", attempts: 8, error: "id: must be a string" };
  expect(await logged("evt_bad")).toMatchObject(failed);
});

test("a checkout session without an id stays pending", async () => {
  const type = "checkout.session.completed";
  const body = JSON.stringify({ id: "evt_late", type, created: 1 });
  const event = await processed("stripe", type, { id: "evt_late", body });
  expect(event).toMatchObject({ status: "pending", error: "id: must be a string" });
});
