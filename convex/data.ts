import { v } from "convex/values";
import { internalQuery } from "./_generated/server";
import { userById } from "./identity/users.lib";
import { fail } from "./lib/failure.lib";
import schema from "./schema";

/** Returns a key and its owner, for `GET /api/protected`. */
export const getProtectedData = internalQuery({
  args: { keyId: v.id("apiKeys") },
  returns: v.object({ key: schema.doc("apiKeys"), owner: schema.doc("users") }),
  handler: async (ctx, { keyId }) => {
    const key =
      (await ctx.db.get("apiKeys", keyId)) ?? fail("not_found", "The key was deleted during the request");
    const owner =
      (await userById(ctx, key.userId)) ??
      fail("not_found", "The key's owner was deleted during the request");
    return { key, owner };
  },
});
