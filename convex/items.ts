import { v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import { internalMutation, internalQuery, type QueryCtx } from "./_generated/server";
import { fail } from "./lib/failure.lib";
import { idempotencyArg, once, onceOf } from "./lib/idempotency.lib";
import { pageArgs, pageOf, readPage, within } from "./lib/page.lib";
import { ifMatch, requireRevision } from "./lib/revision.lib";
import { written } from "./lib/written.lib";
import schema from "./schema";

const item = schema.doc("items");
const one = { ownerId: v.id("users"), itemId: v.string() };

/** Another owner's item and no item look the same from outside. */
async function owned(ctx: QueryCtx, args: { ownerId: Id<"users">; itemId: string }): Promise<Doc<"items">> {
  const id = ctx.db.normalizeId("items", args.itemId);
  const found = id && (await ctx.db.get("items", id));
  return found?.ownerId === args.ownerId ? found : fail("not_found", `No item ${args.itemId}`);
}

export const get = internalQuery({ args: one, returns: item, handler: owned });

export const list = internalQuery({
  args: { ownerId: v.id("users"), ...pageArgs },
  returns: pageOf(item),
  handler: async (ctx, { ownerId, ...page }) =>
    readPage(page, (range, count) =>
      ctx.db
        .query("items")
        .withIndex("by_owner", (q) => within(q.eq("ownerId", ownerId), range))
        .order("desc")
        .take(count),
    ),
});

export const create = internalMutation({
  args: { ownerId: v.id("users"), name: v.string(), description: v.optional(v.string()), ...idempotencyArg },
  returns: onceOf(item),
  handler: (ctx, { idempotency, ...fields }) =>
    once(ctx, idempotency, async () => {
      const id = await ctx.db.insert("items", { ...fields, updatedAt: Date.now(), revision: 1 });
      return written(ctx, "items", id);
    }),
});

/** Changes what is given; a `description` of null takes it away (RFC 7396). */
export const update = internalMutation({
  args: {
    ...one,
    ifMatch,
    name: v.optional(v.string()),
    description: v.optional(v.union(v.string(), v.null())),
  },
  returns: item,
  handler: async (ctx, { ownerId, itemId, ifMatch: expected, name, description }) => {
    const found = await owned(ctx, { ownerId, itemId });
    requireRevision(found, expected);
    await ctx.db.patch("items", found._id, {
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description: description ?? undefined }),
      updatedAt: Date.now(),
      revision: found.revision + 1,
    });
    return written(ctx, "items", found._id);
  },
});

export const remove = internalMutation({
  args: { ...one, ifMatch },
  returns: v.null(),
  handler: async (ctx, { ownerId, itemId, ifMatch: expected }) => {
    const found = await owned(ctx, { ownerId, itemId });
    requireRevision(found, expected);
    await ctx.db.delete("items", found._id);
    return null;
  },
});
