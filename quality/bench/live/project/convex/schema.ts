import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  posts: defineTable({ channel: v.number(), text: v.string() }).index("by_channel", ["channel"]),
});
