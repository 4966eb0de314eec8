import { v } from "convex/values";
import { internalMutation, internalQuery } from "./functions.lib";

const table = v.union(v.literal("texts"), v.literal("plainTexts"));

/** Inserts texts of ten words: a frequent one, a rare one, and eight that repeat after a few thousand texts. */
export const fill = internalMutation({
  args: { table, from: v.number(), count: v.number() },
  handler: async (ctx, args) => {
    for (let i = args.from; i < args.from + args.count; i++) {
      const others = Array.from({ length: 8 }, (_, k) => `word${(i * (k + 1) * 7) % (500 * (k + 1))}`);
      const text = `frequent ${others.join(" ")} rare${i}x`;
      await ctx.db.insert(args.table, { owner: `owner ${i % 100}`, text });
    }
  },
});

/** Returns the number of the best 20 matches. */
export const find = internalQuery({
  args: { text: v.string(), owner: v.union(v.string(), v.null()) },
  handler: async (ctx, { text, owner }) => {
    const found = ctx.db.query("texts").withSearchIndex("search", (q) => {
      const search = q.search("text", text);
      return owner === null ? search : search.eq("owner", owner);
    });
    return (await found.take(20)).length;
  },
});
