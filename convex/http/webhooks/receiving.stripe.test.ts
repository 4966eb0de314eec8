/** The particularities of the webhooks of Stripe. */
import { expect, test } from "vitest";
import { useEngine } from "../testing/engine.testing";
import { problem } from "../testing/replies.testing";
import { post, WEBHOOK_ENV } from "../testing/webhooks.testing";
import { NEXT_SECRET } from "./stripe.source.testing";

useEngine({ env: WEBHOOK_ENV });

test("a signature with the second secret is accepted", async () => {
  expect((await post("stripe", "invoice.paid", { secret: NEXT_SECRET })).status).toBe(200);
});

test("a webhook is accepted if one of its signatures verifies", async () => {
  const more = (headers: Record<string, string>) => ({
    ...headers,
    "Stripe-Signature": `${headers["Stripe-Signature"] ?? ""},v1=${"0".repeat(64)},v0=${"1".repeat(64)}`,
  });
  expect((await post("stripe", "invoice.paid", { headers: more })).status).toBe(200);
});

test("an id with a lone surrogate is refused", async () => {
  const body = String.raw`{"id":"\ud800","type":"invoice.paid","created":1}`;
  const refused = await problem(post("stripe", "invoice.paid", { body }), 400, "invalid_request");
  expect(refused.detail).toBe("id: must be a string");
  expect(refused.errors).toEqual([{ in: "body", path: "id", message: "must be a string" }]);
});
