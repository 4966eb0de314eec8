/** The doctor reports faulty secrets of Stripe. */
import { expect, test } from "vitest";
import { findingsIn, LONG } from "./settings.testing";

test("valid secrets open the webhook", () => {
  const lines = findingsIn(`STRIPE_WEBHOOK_SECRET=whsec_${LONG},whsec_${LONG}`);
  expect(lines[0]).toBe("ok 1 set; the others have their defaults → ");
  expect(lines[1]).toMatch(/^ok webhooks open: stripe; closed because no secret is set: /);
});

test("a misspelled name is reported", () => {
  const found = /^problem STRIPE_WEBHOOK_SECRETS .* → Rename it to STRIPE_WEBHOOK_SECRET in/;
  expect(findingsIn("STRIPE_WEBHOOK_SECRETS=x")).toContainEqual(expect.stringMatching(found));
});

test.each([
  [`sk_live_${LONG}`, "problem STRIPE_WEBHOOK_SECRET is an API key"],
  [LONG, "problem STRIPE_WEBHOOK_SECRET does not begin with whsec_"],
  ["whsec_test", "warning STRIPE_WEBHOOK_SECRET is so short that it can be guessed"],
  [`whsec_${LONG},${LONG}`, "problem STRIPE_WEBHOOK_SECRET, secret 2 of 2, does not begin"],
  ["whsec_…", "problem STRIPE_WEBHOOK_SECRET is a placeholder"],
  [`whsec_${LONG} whsec_${LONG}`, "problem STRIPE_WEBHOOK_SECRET contains a space"],
])("STRIPE_WEBHOOK_SECRET=%s", (secret, found) => {
  const lines = findingsIn(`STRIPE_WEBHOOK_SECRET="${secret}"`);
  expect(lines).toContainEqual(expect.stringContaining(found));
  expect(lines.join("\n")).not.toContain(LONG);
});
