/** Reads the audit log. `lib/audit.lib.ts` writes it. */
import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { listBy } from "./lib/list.lib";
import { pageArgs, pageOf } from "./lib/page.lib";
import schema from "./schema";

export const list = internalQuery({
  args: { actor: v.optional(v.string()), target: v.optional(v.string()), ...pageArgs },
  returns: pageOf(schema.doc("auditEvents")),
  handler: (ctx, { actor, target, ...page }) => listBy(ctx, "auditEvents", { actor, target }, page),
});
