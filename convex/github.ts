import { v } from "convex/values";
import { internal } from "./_generated/api";
import { internalAction, internalMutation } from "./_generated/server";
import { failField } from "./lib/failure.lib";
import { isHmac } from "./lib/hmac.lib";
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
      handler: internal.github.handle,
    });
  },
});

/** A header that GitHub does not sign; empty where it was not sent. Who has signed the body is told what else is missing. */
const sent = (path: string, value: string): string =>
  value || failField({ in: "header", path, message: "is required" });

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
