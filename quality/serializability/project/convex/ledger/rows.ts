/** Lists in a component. */
import type { DataModelFromSchemaDefinition, MutationBuilder, QueryBuilder } from "convex/server";
import { mutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";
import type schema from "./schema";

type DataModel = DataModelFromSchemaDefinition<typeof schema>;
const query = queryGeneric as QueryBuilder<DataModel, "public">;
const mutation = mutationGeneric as MutationBuilder<DataModel, "public">;

export const read = query({
  args: { key: v.string() },
  handler: async (ctx, { key }) => {
    const rows = ctx.db.query("rows").withIndex("by_key", (q) => q.eq("key", key));
    return (await rows.collect()).map(({ value }) => value);
  },
});

export const append = mutation({
  args: { key: v.string(), value: v.number() },
  handler: async (ctx, row) => {
    await ctx.db.insert("rows", row);
  },
});
