import Stripe from "stripe";
import { v } from "convex/values";
import { internalAction } from "./_generated/server";
import { text } from "./webhooks/payload.lib";
import { receive, verifiesBeforeParsing } from "./webhooks/receive";

/** Seconds that Stripe's library lets a signature be old. */
const TOLERANCE = 300;

/** Verifies a webhook of Stripe and hands it over to be processed. `signature` is the `stripe-signature` header. */
export const verifyAndProcessWebhook = internalAction({
  args: { body: v.string(), signature: v.string() },
  returns: v.null(),
  handler: async (ctx, { body, signature }): Promise<null> => {
    const now = Date.now();
    const crypto = Stripe.createSubtleCryptoProvider();
    return receive(ctx, {
      source: "stripe",
      body,
      timestamp: timestampIn(signature),
      now,
      verify: (secret) =>
        verifiesBeforeParsing(() =>
          Stripe.webhooks.constructEventAsync(body, signature, secret, TOLERANCE, crypto, now),
        ),
      describe: (event) => ({
        eventId: text(event, "id"),
        type: text(event, "type"),
        time: typeof event["created"] === "number" ? event["created"] * 1000 : now,
      }),
      handler: "stripe",
    });
  },
});

/**
 * The time in a `stripe-signature` header, as text. Empty where there is none, or more than one: Stripe's library goes by the
 * last, so that the one that is checked must be the one that was signed.
 */
function timestampIn(signature: string): string {
  const times = signature.split(",").filter((part) => /^t(=|$)/.test(part));
  return times.length === 1 ? (times[0]?.slice(2) ?? "") : "";
}
