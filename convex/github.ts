import { v } from "convex/values";
import { internalAction } from "./_generated/server";
import { failField } from "./lib/failure.lib";
import type { EventDetails } from "./webhooks/event.lib";
import { payloadOfForm } from "./webhooks/form.lib";
import { isHmac } from "./webhooks/hmac.lib";
import { findText } from "./webhooks/jsonText.lib";
import { receive } from "./webhooks/receive";

/** The fields of an event that the log keeps after the payload is purged, by their paths in the payload. */
const DETAILS = {
  action: ["action"],
  repository: ["repository", "full_name"],
  sender: ["sender", "login"],
} as const;

/**
 * Verifies a GitHub webhook and records its event. `signature` is the `X-Hub-Signature-256` header, `event` and `delivery`
 * are `X-GitHub-Event` and `X-GitHub-Delivery`. The body is JSON, or a form with the JSON in the field `payload`.
 */
export const processWebhook = internalAction({
  args: { event: v.string(), body: v.string(), signature: v.string(), delivery: v.string() },
  returns: v.null(),
  handler: async (ctx, { event, body, signature, delivery }): Promise<null> => {
    const now = Date.now();
    const hex = /^sha256=([0-9a-f]{64})$/.exec(signature)?.[1];
    return receive(ctx, {
      source: "github",
      body,
      signatureError: hex === undefined ? "the header is not sha256= and 64 hexadecimal digits" : undefined,
      now,
      verify: (secret) => isHmac(hex ?? "", secret, body),
      // The body tells a form from JSON, because the signature does not cover `Content-Type`. JSON cannot begin with `payload=`.
      json: () => (body.startsWith("payload=") ? payloadOfForm(body) : body),
      large: true,
      describe: (_, json) => ({
        eventId: requiredHeader("X-GitHub-Delivery", delivery),
        type: requiredHeader("X-GitHub-Event", event),
        time: now,
        details: detailsOf(json),
      }),
      handler: "github",
    });
  },
});

const detailsOf = (json: string): EventDetails =>
  Object.fromEntries(
    Object.entries(DETAILS).flatMap(([name, path]) => {
      const found = findText(json, path);
      return found === undefined ? [] : [[name, found]];
    }),
  );

/**
 * Returns a header that the signature does not cover. Refuses an empty string, which a missing header becomes. This check runs
 * after the verification.
 */
const requiredHeader = (path: string, value: string): string =>
  value || failField({ in: "header", path, message: "is required" });
