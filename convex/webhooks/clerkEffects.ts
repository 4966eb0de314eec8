import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalMutation } from "../_generated/server";
import type { ClerkUser } from "../identity/clerkUser.lib";
import type { Actor } from "../lib/audit.lib";
import { isEmail } from "../lib/email.lib";
import { handlerArgs, versionOf } from "./event.lib";
import { list, object, optionalText, parse, text, type Json } from "./payload.lib";

/** The actor in the audit log. */
const CLERK: Actor = { name: "webhook:clerk" };

/** Applies a Clerk event. It is not in `clerk.ts`, so that processing does not load Svix's library. */
export const handle = internalMutation({
  args: handlerArgs,
  returns: v.boolean(),
  handler: async (ctx, event): Promise<boolean> => {
    const user = object(parse(event.payload), "data");
    const version = versionOf(event);
    switch (event.type) {
      case "user.created":
        await ctx.runMutation(internal.users.create, { ...readUser(user), version, by: CLERK });
        return true;
      case "user.updated":
        await ctx.runMutation(internal.users.update, { ...readUser(user), version, by: CLERK });
        return true;
      case "user.deleted":
        await ctx.runMutation(internal.users.remove, { clerkId: text(user, "id"), by: CLERK });
        return true;
      default:
        return false;
    }
  },
});

/** Converts the user in a Clerk event. The email is the user's primary email. */
function readUser(user: Json): Omit<ClerkUser, "version"> {
  const primary = list(user, "email_addresses").find(({ id }) => id === user["primary_email_address_id"]);
  const address = primary && optionalText(primary, "email_address");
  // An address that the REST routes refuse counts as absent.
  const email = address !== undefined && isEmail(address) ? address : undefined;
  const name = nameOf(user);
  const banned = user["banned"];
  return {
    clerkId: text(user, "id"),
    ...(name !== "" && { name }),
    ...(email !== undefined && { email }),
    emailVerified:
      email !== undefined &&
      primary !== undefined &&
      object(primary, "verification")["status"] === "verified",
    // `locked` is ignored. It only means too many failed sign-ins, so the user's keys and tokens stay valid.
    ...(typeof banned === "boolean" && { banned }),
  };
}

/** Returns the first and last name, or otherwise the username. Returns an empty string if the user has neither. */
function nameOf(user: Json): string {
  const names = [optionalText(user, "first_name"), optionalText(user, "last_name")];
  const joined = names.flatMap((part) => part?.trim() || []).join(" ");
  return joined || (optionalText(user, "username")?.trim() ?? "");
}
