import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  items: defineTable({ owner: v.string(), name: v.string(), description: v.string(), rank: v.number() })
    .index("by_owner_rank", ["owner", "rank"])
    .index("by_name", ["name"]),
  texts: defineTable({ owner: v.string(), text: v.string() }).searchIndex("search", {
    searchField: "text",
    filterFields: ["owner"],
  }),
  vectors: defineTable({ owner: v.string(), vector: v.array(v.float64()) }).vectorIndex("by_vector", {
    vectorField: "vector",
    dimensions: 1536,
    filterFields: ["owner"],
  }),
  plainTexts: defineTable({ owner: v.string(), text: v.string() }),
});
