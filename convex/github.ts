import { v } from "convex/values";
import { internalAction } from "./_generated/server";
import { failField } from "./lib/failure.lib";
import { isHmac } from "./webhooks/hmac.lib";
import { receive } from "./webhooks/receive";

/**
 * Verifies a webhook of GitHub and hands it over to be processed. `signature` is the `X-Hub-Signature-256` header, `event`
 * and `delivery` are `X-GitHub-Event` and `X-GitHub-Delivery`.
 */
export const processWebhook = internalAction({
  args: { event: v.string(), body: v.string(), signature: v.string(), delivery: v.string() },
  returns: v.null(),
  handler: async (ctx, { event, body, signature, delivery }): Promise<null> => {
    const now = Date.now();
    const hex = /^sha256=(.*)$/.exec(signature)?.[1] ?? "";
    return receive(ctx, {
      source: "github",
      body,
      now,
      verify: (secret) => isHmac(hex, secret, body),
      describe: () => ({
        eventId: sent("X-GitHub-Delivery", delivery),
        type: sent("X-GitHub-Event", event),
        time: now,
      }),
      handler: "github",
    });
  },
});

/** A required header outside the signature; empty if it was not sent. Its absence is reported after the signature has held. */
const sent = (path: string, value: string): string =>
  value || failField({ in: "header", path, message: "is required" });
