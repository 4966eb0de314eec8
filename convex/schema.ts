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
    /** Who it is to the issuer of its tokens: issuer and subject, because subjects alone collide across issuers. */
    tokenIdentifier: v.optional(v.string()),
    /** What the user may do when it calls with a token instead of a key. */
    scopes: v.array(v.string()),
    revision: v.number(),
  })
    .index("by_clerk_id", ["clerkId"])
    .index("by_token_identifier", ["tokenIdentifier"])
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

  /** Bytes in file storage, and whose they are. */
  files: defineTable({
    storageId: v.id("_storage"),
    ownerId: v.id("users"),
    name: v.optional(v.string()),
    /** As the uploader sent it; storage lowers its case. */
    contentType: v.string(),
    size: v.number(),
    /** Lower-case hex. */
    sha256: v.string(),
    visibility: v.union(v.literal("public"), v.literal("private")),
    revision: v.number(),
  })
    .index("by_owner", ["ownerId"])
    .index("by_storage_id", ["storageId"]),

  jobs: defineTable({
    ownerId: v.id("users"),
    status: v.union(v.literal("queued"), v.literal("running"), v.literal("succeeded"), v.literal("failed")),
    /** The input as JSON text, or the file that holds it where it does not fit a document; gone once the job has ended. */
    input: v.optional(v.union(v.object({ text: v.string() }), v.object({ storageId: v.id("_storage") }))),
    result: v.optional(v.object({ sha256: v.string(), bytes: v.number(), type: v.string() })),
    error: v.optional(v.string()),
    revision: v.number(),
  }).index("by_owner", ["ownerId"]),

  idempotencyKeys: defineTable({
    credential: v.string(),
    key: v.string(),
    /** SHA-256 of what the request asked, lower-case hex. */
    fingerprint: v.string(),
    /** What the transaction answered, as JSON text; never a secret. */
    result: v.string(),
    createdAt: v.number(),
  })
    .index("by_credential_and_key", ["credential", "key"])
    .index("by_created_at", ["createdAt"]),
});
