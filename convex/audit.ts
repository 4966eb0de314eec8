/** Reads the audit log. `lib/audit.lib.ts` writes it. */
import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { pageArgs, pageOf, readPage, within } from "./lib/page.lib";
import schema from "./schema";

export const list = internalQuery({
  args: { actor: v.optional(v.string()), target: v.optional(v.string()), ...pageArgs },
  returns: pageOf(schema.doc("auditEvents")),
  handler: (ctx, { actor, target, ...page }) =>
    readPage(page, (range, count) => {
      const events = ctx.db.query("auditEvents");
      const found =
        actor !== undefined && target !== undefined
          ? events.withIndex("by_actor_and_target", (q) =>
              within(q.eq("actor", actor).eq("target", target), range),
            )
          : actor !== undefined
            ? events.withIndex("by_actor", (q) => within(q.eq("actor", actor), range))
            : target !== undefined
              ? events.withIndex("by_target", (q) => within(q.eq("target", target), range))
              : events.withIndex("by_creation_time", (q) => within(q, range));
      return found.order("desc").take(count);
    }),
});
