import { v } from "convex/values";
import { internalAction, internalMutation } from "./functions.lib";

const DIMENSIONS = 1536;

/** Returns a vector that looks random, the same for the same number. */
function vectorOf(number: number): number[] {
  return Array.from({ length: DIMENSIONS }, (_, i) => Math.sin((number + 1) * (i + 1) * 12.9898));
}

export const fill = internalMutation({
  args: { from: v.number(), count: v.number() },
  handler: async (ctx, { from, count }) => {
    for (let i = from; i < from + count; i++) {
      await ctx.db.insert("vectors", { owner: `owner ${i % 100}`, vector: vectorOf(i) });
    }
  },
});

/** Searches once. Returns the best score, and the time of the search in milliseconds. */
export const find = internalAction({
  args: { number: v.number(), owner: v.union(v.string(), v.null()) },
  handler: async (ctx, { number, owner }) => {
    const vector = vectorOf(number);
    const started = performance.now();
    const found = await ctx.vectorSearch(
      "vectors",
      "by_vector",
      owner === null ? { vector } : { vector, filter: (q) => q.eq("owner", owner) },
    );
    return [found[0]?._score ?? 0, performance.now() - started];
  },
});
