import { v } from "convex/values";
import { internalQuery } from "./_generated/server";

/** Reads the database once, to see that it answers. */
export const ping = internalQuery({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    await ctx.db.query("users").first();
    return null;
  },
});
