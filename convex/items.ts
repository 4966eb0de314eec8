import { v } from "convex/values";
import type { Doc } from "./_generated/dataModel";
import { internalMutation, internalQuery, type MutationCtx } from "./_generated/server";
import { idempotencyArg, once, onceOf } from "./lib/idempotency.lib";
import { itemText } from "./lib/itemText.lib";
import { getOwned, listOwned } from "./lib/owned.lib";
import { pageArgs, pageOf } from "./lib/page.lib";
import { readBack } from "./lib/readBack.lib";
import { ifMatch, requireRevision } from "./lib/revision.lib";
import { rankedPageOf, readRanked, searchArgs } from "./lib/search.lib";
import { giveBack, take } from "./lib/usage.lib";
import { emit } from "./outgoing/emit.lib";
import schema from "./schema";

const item = schema.doc("items");
const itemRef = { ownerId: v.id("users"), itemId: v.string() };

export const get = internalQuery({
  args: itemRef,
  returns: item,
  handler: (ctx, { ownerId, itemId }) => getOwned(ctx, "items", ownerId, itemId),
});

export const list = internalQuery({
  args: { ownerId: v.id("users"), ...pageArgs },
  returns: pageOf(item),
  handler: (ctx, { ownerId, ...page }) => listOwned(ctx, "items", ownerId, page),
});

/** Returns one page of the owner's items that match a text, by rank. */
export const search = internalQuery({
  args: { ownerId: v.id("users"), ...searchArgs },
  returns: rankedPageOf(item),
  handler: (ctx, { ownerId, q: words, ...page }) =>
    readRanked(
      page,
      ctx.db.query("items").withSearchIndex("by_text", (q) => q.search("text", words).eq("ownerId", ownerId)),
    ),
});

export const create = internalMutation({
  args: { ownerId: v.id("users"), name: v.string(), description: v.optional(v.string()), ...idempotencyArg },
  returns: onceOf(item),
  handler: (ctx, { idempotency, ...fields }) =>
    once(ctx, idempotency, async () => {
      await take(ctx, fields.ownerId, "items", { count: 1 });
      return insertItem(ctx, fields);
    }),
});

/** Creates the items, all or none, in the order of the list. */
export const createBatch = internalMutation({
  args: {
    ownerId: v.id("users"),
    items: v.array(v.object({ name: v.string(), description: v.optional(v.string()) })),
    ...idempotencyArg,
  },
  returns: onceOf(v.array(item)),
  handler: (ctx, { ownerId, items, idempotency }) =>
    once(ctx, idempotency, async () => {
      await take(ctx, ownerId, "items", { count: items.length });
      const created: Doc<"items">[] = [];
      for (const fields of items) created.push(await insertItem(ctx, { ownerId, ...fields }));
      return created;
    }),
});

/** Changes the given fields; a `description` of null removes it (RFC 7396). */
export const update = internalMutation({
  args: {
    ...itemRef,
    ifMatch,
    name: v.optional(v.string()),
    description: v.optional(v.union(v.string(), v.null())),
  },
  returns: item,
  handler: async (ctx, { ownerId, itemId, ifMatch: expected, name, description }) => {
    const found = await getOwned(ctx, "items", ownerId, itemId);
    requireRevision(found, expected);
    const changed = {
      name: name ?? found.name,
      description: description === null ? undefined : (description ?? found.description),
    };
    await ctx.db.patch("items", found._id, {
      ...changed,
      text: itemText(changed),
      updatedAt: Date.now(),
      revision: found.revision + 1,
    });
    const updated = await readBack(ctx, "items", found._id);
    await emit(ctx, "item.updated", updated);
    return updated;
  },
});

export const remove = internalMutation({
  args: { ...itemRef, ifMatch },
  returns: v.null(),
  handler: async (ctx, { ownerId, itemId, ifMatch: expected }) => {
    const found = await getOwned(ctx, "items", ownerId, itemId);
    requireRevision(found, expected);
    await ctx.db.delete("items", found._id);
    await giveBack(ctx, "items", found);
    await emit(ctx, "item.deleted", found);
    return null;
  },
});

/** Inserts an item. The calling function must take it from the owner's quota first. */
async function insertItem(
  ctx: MutationCtx,
  fields: Pick<Doc<"items">, "ownerId" | "name"> & { description?: string },
): Promise<Doc<"items">> {
  const id = await ctx.db.insert("items", {
    ...fields,
    text: itemText(fields),
    updatedAt: Date.now(),
    revision: 1,
  });
  const created = await readBack(ctx, "items", id);
  await emit(ctx, "item.created", created);
  return created;
}
