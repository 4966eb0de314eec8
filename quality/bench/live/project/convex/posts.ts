import type { DataModelFromSchemaDefinition, MutationBuilder, QueryBuilder } from "convex/server";
import { mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";
import type schema from "./schema";

type DataModel = DataModelFromSchemaDefinition<typeof schema>;
const query = queryGeneric as QueryBuilder<DataModel, "public">;
const mutation = mutationGeneric as MutationBuilder<DataModel, "public">;

/** Returns the ten newest posts of a channel, newest first. */
export const newest = query({
  args: { channel: v.number() },
  handler: async (ctx, { channel }) => {
    const posts = ctx.db.query("posts").withIndex("by_channel", (q) => q.eq("channel", channel));
    return (await posts.order("desc").take(10)).map(({ text }) => text);
  },
});

export const send = mutation({
  args: { channel: v.number(), text: v.string() },
  handler: async (ctx, args) => {
    await ctx.db.insert("posts", args);
  },
});
