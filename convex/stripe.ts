import Stripe from "stripe";
import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction } from "./_generated/server";
import { receive, text, verifiesBeforeParsing } from "./lib/webhook.lib";

/** Seconds that Stripe's library lets a signature be old. */
const TOLERANCE = 300;

/** Verifies a webhook of Stripe and hands it over to be processed. `signature` is the `stripe-signature` header. */
export const verifyAndProcessWebhook = internalAction({
  args: { body: v.string(), signature: v.string() },
  returns: v.null(),
  handler: async (ctx, { body, signature }): Promise<null> => {
    const now = Date.now();
    const crypto = Stripe.createSubtleCryptoProvider();
    const timestamp = /(?:^|,)t=([^,]*)/.exec(signature)?.[1] ?? "";
    return receive(ctx, {
      source: "stripe",
      body,
      timestamp,
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
      handler: internal.stripeEvents.handle,
    });
  },
});
