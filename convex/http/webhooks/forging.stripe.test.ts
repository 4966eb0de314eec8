/** Forged signatures that only Stripe's format allows. */
import { expect, test } from "vitest";
import { now, useEngine } from "../testing/engine.testing";
import { WEBHOOK_ENV } from "../testing/webhooks.testing";
import { refused, signed } from "./forging.testing";
import { source as stripe } from "./stripe.source.testing";

useEngine({ env: WEBHOOK_ENV });

const OLD = 10 * 60_000;

test("a signature of the test scheme v0 is refused", async () => {
  const { headers, body } = signed(stripe);
  const signature = headers["Stripe-Signature"]?.replace("v1=", "v0=") ?? "";
  expect(signature).toContain("v0=");
  await refused("stripe", body, { ...headers, "Stripe-Signature": signature });
});

test("a header with several times is refused", async () => {
  const fresh = String(Math.floor(now() / 1000));
  for (const at of [now(), now() + OLD]) {
    const { headers, body } = signed(stripe, { now: at });
    const signature = headers["Stripe-Signature"] ?? "";
    for (const forged of [
      `t=${fresh},${signature}`,
      `${signature},t=${fresh}`,
      `t,${signature}`,
      `${signature},t`,
    ])
      await refused("stripe", body, { ...headers, "Stripe-Signature": forged });
  }
});
