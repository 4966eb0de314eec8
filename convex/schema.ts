import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

/** `revision` counts the writes of a document; it makes the `ETag`, because timestamps tie. */
export default defineSchema({
  users: defineTable({
    email: v.string(),
    /** The email in lower case: the form in which it is unique. */
    emailKey: v.string(),
    name: v.string(),
    clerkId: v.optional(v.string()),
    /** What the user may do when it calls with a token instead of a key. */
    scopes: v.array(v.string()),
    revision: v.number(),
  })
    .index("by_clerk_id", ["clerkId"])
    .index("by_email", ["emailKey"]),

  /** Clerk ids whose user was deleted here: a late event must not bring them back. */
  deletedClerkUsers: defineTable({ clerkId: v.string() }).index("by_clerk_id", ["clerkId"]),

  apiKeys: defineTable({
    userId: v.id("users"),
    name: v.string(),
    /** The part of the key that lists and logs may show. */
    publicId: v.string(),
    /** SHA-256 of the key, lower-case hex. The key itself is shown once and never stored. */
    hash: v.string(),
    scopes: v.array(v.string()),
    createdAt: v.number(),
    expiresAt: v.optional(v.number()),
    lastUsedAt: v.optional(v.number()),
    revokedAt: v.optional(v.number()),
  })
    .index("by_key", ["hash"])
    .index("by_user", ["userId"]),

  items: defineTable({
    ownerId: v.id("users"),
    name: v.string(),
    description: v.optional(v.string()),
    updatedAt: v.number(),
    revision: v.number(),
  }).index("by_owner", ["ownerId"]),
});
