/** The counting of what owners store. `lib/usage.lib.ts` explains it. */
import { v } from "convex/values";
import { internalMutation, internalQuery } from "./_generated/server";
import { countBatch, requireQuota } from "./lib/usage.lib";
import schema from "./schema";

const { resource } = schema.tables.usage.validator.fields;

/** Counts a batch of an owner's documents. */
export const count = internalMutation({
  args: { usageId: v.id("usage") },
  returns: v.null(),
  handler: async (ctx, { usageId }) => {
    await countBatch(ctx, usageId);
    return null;
  },
});

/** Refuses with `quota_exceeded` if the owner cannot store anything more. */
export const checkQuota = internalQuery({
  args: { ownerId: v.id("users"), resource },
  returns: v.null(),
  handler: async (ctx, { ownerId, resource: name }) => {
    await requireQuota(ctx, ownerId, name);
    return null;
  },
});
