import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction, internalMutation } from "./_generated/server";
import { handlerArgs, object, optionalText, parse, receive } from "./lib/webhook.lib";

/**
 * Verifies a webhook of GitHub and hands it over to be processed. `signature` is the `X-Hub-Signature-256` header, `event`
 * and `delivery` are `X-GitHub-Event` and `X-GitHub-Delivery`.
 */
export const processWebhook = internalAction({
  args: { event: v.string(), body: v.string(), signature: v.string(), delivery: v.string() },
  returns: v.null(),
  handler: async (ctx, { event, body, signature, delivery }): Promise<null> => {
    const now = Date.now();
    return receive(
      ctx,
      {
        name: "github",
        verify: (secret) => verifyHmac(secret, signature, body),
        describe: () => ({ eventId: delivery, type: event, time: now }),
        handler: internal.github.handle,
      },
      body,
      now,
    );
  },
});

/** `sha256=` and the HMAC in hex, compared by WebCrypto, which takes the same time whatever differs. */
async function verifyHmac(secret: string, signature: string, body: string): Promise<void> {
  const hex = /^sha256=([0-9a-f]{64})$/.exec(signature)?.[1];
  if (hex === undefined) throw new Error("Not a signature");
  const encoder = new TextEncoder();
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["verify"]);
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
  if (!(await crypto.subtle.verify("HMAC", key, bytes, encoder.encode(body))))
    throw new Error("Does not verify");
}

const RECORDED = ["push", "issues", "pull_request", "release"];

/** Records what GitHub told of; a `ping` only shows that the webhook works. */
export const handle = internalMutation({
  args: handlerArgs,
  returns: v.boolean(),
  handler: async (ctx, { eventId, type, payload }) => {
    if (type === "ping") return true;
    if (!RECORDED.includes(type)) return false;
    const event = parse(payload);
    const action = optionalText(event, "action");
    const repository = optionalText(object(event, "repository"), "full_name");
    const sender = optionalText(object(event, "sender"), "login");
    const known = await ctx.db
      .query("githubEvents")
      .withIndex("by_delivery_id", (q) => q.eq("deliveryId", eventId))
      .unique();
    if (known) return true;
    await ctx.db.insert("githubEvents", {
      deliveryId: eventId,
      event: type,
      ...(action !== undefined && { action }),
      ...(repository !== undefined && { repository }),
      ...(sender !== undefined && { sender }),
    });
    return true;
  },
});
