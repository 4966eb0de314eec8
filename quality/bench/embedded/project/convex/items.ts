import { v } from "convex/values";
import { internalMutation, internalQuery } from "./functions.lib";

export const get = internalQuery({
  args: { id: v.id("items") },
  handler: (ctx, { id }) => ctx.db.get("items", id),
});

export const add = internalMutation({
  args: { owner: v.string(), name: v.string() },
  returns: v.id("items"),
  handler: (ctx, { owner, name }) =>
    ctx.db.insert("items", { owner, name, description: "A bolt of the common kind", rank: 1 }),
});

/** Inserts the documents from number `from` on. @returns the ids of the first `keep` documents. */
export const fill = internalMutation({
  args: { from: v.number(), count: v.number(), keep: v.number() },
  handler: async (ctx, { from, count, keep }) => {
    const ids: string[] = [];
    for (let i = from; i < from + count; i++) {
      const fields = { owner: `owner ${i % 100}`, name: `item ${i}`, rank: i };
      const id = await ctx.db.insert("items", { ...fields, description: "A bolt of the common kind" });
      if (ids.length < keep) ids.push(id);
    }
    return ids;
  },
});

/** Looks up documents by an index, one after the other. @returns how many exist. */
export const lookUp = internalQuery({
  args: { names: v.array(v.string()) },
  handler: async (ctx, { names }) => {
    let found = 0;
    for (const name of names) {
      const item = await ctx.db
        .query("items")
        .withIndex("by_name", (q) => q.eq("name", name))
        .unique();
      if (item !== null) found++;
    }
    return found;
  },
});
