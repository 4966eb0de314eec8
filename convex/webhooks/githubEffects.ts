import { v } from "convex/values";
import { internalMutation } from "../_generated/server";
import { handlerArgs } from "./event.lib";
import { object, optionalText, parse } from "./payload.lib";

const RECORDED = ["push", "issues", "pull_request", "release"];

/** Applies an event of GitHub: records it. A `ping` only shows that the webhook works. */
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
