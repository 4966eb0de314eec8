import { v } from "convex/values";
import { Webhook } from "svix";
import { internalAction } from "./_generated/server";
import { object, text } from "./webhooks/payload.lib";
import { receive, verifiesBeforeParsing } from "./webhooks/receive";

/** Verifies a Clerk webhook, which Svix signs, and records its event. */
export const verifyAndProcess = internalAction({
  args: { body: v.string(), svixId: v.string(), svixTimestamp: v.string(), svixSignature: v.string() },
  returns: v.null(),
  handler: async (ctx, { body, svixId, svixTimestamp, svixSignature }): Promise<null> => {
    const now = Date.now();
    const headers = { "svix-id": svixId, "svix-timestamp": svixTimestamp, "svix-signature": svixSignature };
    return receive(ctx, {
      source: "clerk",
      body,
      timestamp: svixTimestamp,
      signatureError: /(^| )v1,/.test(svixSignature) ? undefined : "the header has no v1 signature",
      now,
      verify: (secret) => verifiesBeforeParsing(() => new Webhook(secret).verify(body, headers)),
      describe: (event) => {
        const changed = object(event, "data")["updated_at"] ?? event["timestamp"];
        return {
          eventId: svixId,
          type: text(event, "type"),
          time: typeof changed === "number" ? changed : now,
        };
      },
      handler: "clerk",
    });
  },
});
