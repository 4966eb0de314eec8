import Stripe from "stripe";
import { v } from "convex/values";
import { internalAction } from "./_generated/server";
import { text, type Json } from "./webhooks/payload.lib";
import { receive } from "./webhooks/receive";

/** The maximum age of a signature that Stripe's library accepts, in seconds. */
const TOLERANCE = 300;

/** Verifies a Stripe webhook and records its event. `signature` is the `stripe-signature` header. */
export const verifyAndProcessWebhook = internalAction({
  args: { body: v.string(), signature: v.string() },
  returns: v.null(),
  handler: async (ctx, { body, signature }): Promise<null> => {
    const now = Date.now();
    const crypto = Stripe.createSubtleCryptoProvider();
    const timestamp = timestampIn(signature);
    return receive(ctx, {
      source: "stripe",
      body,
      timestamp,
      signatureError: /(^|,)v1=/.test(signature) ? undefined : "the header has no v1 signature",
      now,
      // Thin events are signed the same way, but the library's `constructEventAsync` refuses them.
      verify: async (secret) =>
        (await Stripe.webhooks.signature?.verifyHeaderAsync(
          body,
          signature,
          secret,
          TOLERANCE,
          crypto,
          now,
        )) === true,
      describe: (event) => ({
        eventId: text(event, "id"),
        type: text(event, "type"),
        time: timeOf(event, now),
      }),
      handler: "stripe",
    });
  },
});

/**
 * Returns the time of an event in milliseconds since the epoch. `created` is in seconds, except in a thin event: there it is an
 * RFC 3339 time.
 */
function timeOf({ created }: Json, now: number): number {
  if (typeof created === "string") return Date.parse(created);
  return typeof created === "number" ? created * 1000 : now;
}

/**
 * Returns the timestamp in a `stripe-signature` header, or an empty string unless the header has exactly one. Stripe's library
 * verifies the last timestamp of several, so this code could check a different one.
 */
function timestampIn(signature: string): string {
  const times = signature.split(",").filter((part) => /^t(=|$)/.test(part));
  return times.length === 1 ? (times[0]?.slice(2) ?? "") : "";
}
