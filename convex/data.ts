import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { fail } from "./lib/failure.lib";
import schema from "./schema";

/** What a key is and whose: the answer of the protected route. */
export const getProtectedData = internalQuery({
  args: { keyId: v.id("apiKeys") },
  returns: v.object({ key: schema.doc("apiKeys"), owner: schema.doc("users") }),
  handler: async (ctx, { keyId }) => {
    const key = (await ctx.db.get("apiKeys", keyId)) ?? fail("not_found", "This key was deleted meanwhile");
    const owner =
      (await ctx.db.get("users", key.userId)) ?? fail("not_found", "This key's owner was deleted meanwhile");
    return { key, owner };
  },
});
