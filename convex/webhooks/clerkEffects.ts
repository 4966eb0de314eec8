import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalMutation } from "../_generated/server";
import { isEmail } from "../lib/email.lib";
import { handlerArgs, versionOf } from "./event.lib";
import { object, optionalText, parse, text, type Json } from "./payload.lib";

/** Applies an event of Clerk. It is not in `clerk.ts`, so that processing does not load Svix's library. */
export const handle = internalMutation({
  args: handlerArgs,
  returns: v.boolean(),
  handler: async (ctx, event): Promise<boolean> => {
    const user = object(parse(event.payload), "data");
    const version = versionOf(event);
    switch (event.type) {
      case "user.created":
        await ctx.runMutation(internal.users.create, { ...toUser(user), version });
        return true;
      case "user.updated":
        await ctx.runMutation(internal.users.update, { ...toUser(user), version });
        return true;
      case "user.deleted":
        await ctx.runMutation(internal.users.remove, { clerkId: text(user, "id") });
        return true;
      default:
        return false;
    }
  },
});

/** A user as Clerk describes one: the name joined, the primary email. */
function toUser(user: Json): { clerkId: string; name: string; email?: string; emailVerified: boolean } {
  const names = [optionalText(user, "first_name"), optionalText(user, "last_name")];
  const listed: unknown = user["email_addresses"];
  const emails = (Array.isArray(listed) ? (listed as unknown[]) : []).filter(
    (one): one is Json => typeof one === "object" && one !== null,
  );
  const primary = emails.find((one) => one["id"] === user["primary_email_address_id"]);
  const address = primary && optionalText(primary, "email_address");
  // What the REST routes refuse is no email here either.
  const email = address !== undefined && isEmail(address) ? address : undefined;
  return {
    clerkId: text(user, "id"),
    name: names.filter((part) => part !== undefined).join(" "),
    ...(email !== undefined && { email }),
    emailVerified:
      email !== undefined &&
      primary !== undefined &&
      object(primary, "verification")["status"] === "verified",
  };
}
