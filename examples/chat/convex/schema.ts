import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  messages: defineTable({
    /** The name of the guest who wrote it. */
    author: v.string(),
    body: v.string(),
  }).searchIndex("by_body", { searchField: "body" }),
  /** The key that signs the tokens of guests. It has one document. */
  signingKeys: defineTable({ privateJwk: v.string(), publicJwk: v.string() }),
});
