import { v } from "convex/values";
import { internalMutation } from "../_generated/server";
import { handlerArgs } from "./event.lib";

const HANDLED = ["ping", "push", "issues", "pull_request", "release"];

/** Applies an event of GitHub. The log holds all that is recorded of one: the repository, the sender and the action. */
export const handle = internalMutation({
  args: handlerArgs,
  returns: v.boolean(),
  handler: (_ctx, { type }) => HANDLED.includes(type),
});
