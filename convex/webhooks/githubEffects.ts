import { v } from "convex/values";
import { internalMutation } from "../_generated/server";
import { handlerArgs } from "./event.lib";

const HANDLED_TYPES = ["ping", "push", "issues", "pull_request", "release"];

/**
 * Handles a GitHub event: only returns whether the type is known. The log already has the event's repository, sender and
 * action.
 */
export const handle = internalMutation({
  args: handlerArgs,
  returns: v.boolean(),
  handler: (_ctx, { type }) => HANDLED_TYPES.includes(type),
});
