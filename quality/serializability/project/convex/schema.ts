import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

const rows = defineTable({ key: v.string(), value: v.number(), kind: v.literal("row") });

export default defineSchema({
  /** A list is one document. */
  lists: defineTable({ key: v.string(), values: v.array(v.number()) }).index("by_key", ["key"]),
  /** A list is a range of an index. All rows have the same kind, so that an index with it has the same order. */
  rows: rows.index("by_key", ["key"]),
});
