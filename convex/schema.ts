import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { paymentFields, subscriptionFields } from "./webhooks/billing.lib";
import { eventDetails, eventVersion } from "./webhooks/event.lib";
import { pageArgs } from "./lib/page.lib";
import { storedText } from "./lib/storedText.lib";

/** `revision` counts the writes of a document; it makes the `ETag`, because timestamps tie. */
export default defineSchema({
  users: defineTable({
    email: v.string(),
    /** The email with ASCII letters in lower case (`foldEmail`): the form in which it is unique. */
    emailKey: v.string(),
    /** There where an issuer has named the email without having verified it. It may be somebody else's, who can prove it. */
    emailVerified: v.optional(v.literal(false)),
    name: v.string(),
    clerkId: v.optional(v.string()),
    /** The last event of Clerk that changed the user. */
    clerkVersion: v.optional(eventVersion),
    /** Present while the user is banned in Clerk: the API refuses every credential of the user. */
    suspended: v.optional(v.literal(true)),
    /** Who it is to the issuer of its tokens: issuer and subject, because subjects alone collide across issuers. */
    tokenIdentifier: v.optional(v.string()),
    /** What the user may do when it calls with a token instead of a key. */
    scopes: v.array(v.string()),
    revision: v.number(),
  })
    .index("by_clerk_id", ["clerkId"])
    .index("by_token_identifier", ["tokenIdentifier"])
    .index("by_email", ["emailKey"]),

  /** One document, which `GET /health/ready` writes to find out whether writes are possible. */
  readiness: defineTable({ writtenAt: v.number() }),

  /** Clerk ids whose user was deleted here: a late event must not bring them back. */
  deletedClerkUsers: defineTable({ clerkId: v.string() }).index("by_clerk_id", ["clerkId"]),

  /** How far the conversions of stored documents have come, by the names of their functions in `migrations.ts`. */
  migrations: defineTable({
    name: v.string(),
    /** The last document that was converted, of those sorted newest first. */
    after: pageArgs.after,
    doneAt: v.optional(v.number()),
  }).index("by_name", ["name"]),

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
    /** Of a key in its overlap, which ends it sooner: the expiry that its successors take over, null for none. */
    ownExpiresAt: v.optional(v.union(v.number(), v.null())),
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
    /** The input as JSON text; gone once the job has ended. */
    input: v.optional(storedText),
    result: v.optional(v.object({ sha256: v.string(), bytes: v.number(), type: v.string() })),
    error: v.optional(v.string()),
    revision: v.number(),
  })
    .index("by_owner", ["ownerId"])
    .index("by_input_file", ["input.storageId"]),

  /** The log of webhooks: the received events and the outcome of their processing. */
  webhookEvents: defineTable({
    source: v.string(),
    /** The source's own id of the event. A second event with the same id is a duplicate. */
    eventId: v.string(),
    eventType: v.string(),
    /** When the event happened according to its source, in milliseconds since the epoch. */
    eventTime: v.number(),
    /** The key of its handler in `webhooks/handlers.lib.ts`. Until version 0.2.0: the handler's path, `module:function`. */
    handler: v.string(),
    details: v.optional(eventDetails),
    /** The JSON of the event as it was sent, until it is purged. */
    payload: v.optional(storedText),
    /** When the payload is purged, in milliseconds since the epoch; absent afterwards. */
    purgeAt: v.optional(v.number()),
    status: v.union(v.literal("pending"), v.literal("success"), v.literal("failed")),
    attempts: v.number(),
    /** When the attempt of a pending event is overdue, in milliseconds since the epoch. */
    dueAt: v.optional(v.number()),
    handled: v.optional(v.boolean()),
    error: v.optional(v.string()),
    processedAt: v.optional(v.number()),
    revision: v.number(),
  })
    // Lists page by creation time, which the longer indexes do not sort by.
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_source", ["source"])
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_status", ["status"])
    .index("by_source_and_status", ["source", "status"])
    .index("by_event_id", ["source", "eventId"])
    .index("by_due", ["status", "dueAt"])
    .index("by_purge", ["purgeAt"])
    .index("by_payload_file", ["payload.storageId"]),

  payments: defineTable({ ...paymentFields, version: eventVersion, revision: v.number() }).index(
    "by_session_id",
    ["sessionId"],
  ),

  subscriptions: defineTable({
    ...subscriptionFields,
    version: eventVersion,
    revision: v.number(),
  }).index("by_subscription_id", ["subscriptionId"]),

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
