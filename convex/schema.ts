import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";
import { paymentFields, subscriptionFields } from "./webhooks/billing.lib";
import { eventDetails, eventVersion } from "./webhooks/event.lib";
import { externalState } from "./lib/idempotency.lib";
import { pageArgs, position } from "./lib/page.lib";
import { storedText } from "./lib/storedText.lib";
import { outgoingTables } from "./outgoing/tables.lib";

/** `revision` counts the writes of a document. The `ETag` contains it, because two writes may have the same timestamp. */
export default defineSchema({
  users: defineTable({
    email: v.string(),
    /** The email with ASCII letters in lower case (`foldEmail`). It is unique among users. */
    emailKey: v.string(),
    /** False if an issuer has not verified the email. Another user may then claim the email by verifying it. */
    emailVerified: v.optional(v.literal(false)),
    name: v.string(),
    clerkId: v.optional(v.string()),
    /** The version of the last Clerk event that changed the user. */
    clerkVersion: v.optional(eventVersion),
    /** Present while the user is banned in Clerk: the API refuses every credential of the user. */
    suspended: v.optional(v.literal(true)),
    /** The user's identity in tokens: issuer and subject, because two issuers may use the same subject. */
    tokenIdentifier: v.optional(v.string()),
    /** The scopes of the user's tokens. */
    scopes: v.array(v.string()),
    revision: v.number(),
  })
    .index("by_clerk_id", ["clerkId"])
    .index("by_token_identifier", ["tokenIdentifier"])
    .index("by_email", ["emailKey"]),

  /** One document. `GET /health/ready` writes it to check that writes succeed. */
  readiness: defineTable({ writtenAt: v.number() }),

  /** The Clerk ids of deleted users. A late event must not recreate these users. */
  deletedClerkUsers: defineTable({ clerkId: v.string() }).index("by_clerk_id", ["clerkId"]),

  /** The progress of each migration, by the name of its function in `migrations.ts`. */
  migrations: defineTable({
    name: v.string(),
    /** The position of the last converted document. Documents are converted newest first. */
    after: pageArgs.after,
    doneAt: v.optional(v.number()),
  }).index("by_name", ["name"]),

  apiKeys: defineTable({
    userId: v.id("users"),
    name: v.string(),
    /** The part of the key that lists and logs show. */
    publicId: v.string(),
    /** SHA-256 of the key, lower-case hex. The key itself is shown once and never stored. */
    hash: v.string(),
    scopes: v.array(v.string()),
    createdAt: v.number(),
    expiresAt: v.optional(v.number()),
    /**
     * Set on a rotated key whose overlap has shortened its expiry: the original expiry, which the new keys inherit, or null if
     * the key did not expire.
     */
    ownExpiresAt: v.optional(v.union(v.number(), v.null())),
    lastUsedAt: v.optional(v.number()),
    revokedAt: v.optional(v.number()),
    /**
     * True if the key is revoked: the list of revoked keys is sorted by their creation. Absent on keys that an earlier version
     * revoked, until `migrations:markRevokedKeys` has run.
     */
    revoked: v.optional(v.literal(true)),
    /** Absent on keys that no version since 0.3.0 has written: `revisionOf` then returns 1. */
    revision: v.optional(v.number()),
  })
    .index("by_key", ["hash"])
    // Lists are paged by creation time, but the longer indexes sort by another field before the creation time.
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_user", ["userId"])
    .index("by_user_and_revoked_at", ["userId", "revokedAt"])
    .index("by_user_and_revoked", ["userId", "revoked"])
    .index("by_revoked_at", ["revokedAt"])
    .index("by_expires_at", ["expiresAt"]),

  /** The token buckets of the rate limits. A caller without one has a full bucket. */
  rateLimitBuckets: defineTable({
    /** `key`, `user`, `address`, or the name of a route's own bucket. */
    policy: v.string(),
    /** The id or the network of the caller. */
    key: v.string(),
    /** Requests left at `updatedAt`; a fraction, because a bucket refills evenly. */
    tokens: v.number(),
    updatedAt: v.number(),
  }).index("by_policy_and_key", ["policy", "key"]),

  items: defineTable({
    ownerId: v.id("users"),
    name: v.string(),
    description: v.optional(v.string()),
    /** The text that searches read (`itemText`). Absent until `migrations:fillItemTexts` has filled an item of an earlier version. */
    text: v.optional(v.string()),
    updatedAt: v.number(),
    revision: v.number(),
  })
    .index("by_owner", ["ownerId"])
    .searchIndex("by_text", { searchField: "text", filterFields: ["ownerId"] }),

  /** Files: the owners and properties of bytes in file storage. */
  files: defineTable({
    storageId: v.id("_storage"),
    ownerId: v.id("users"),
    name: v.optional(v.string()),
    /** The type as the client sent it; file storage stores it in lower case. */
    contentType: v.string(),
    size: v.number(),
    /** In lower-case hex. */
    sha256: v.string(),
    visibility: v.union(v.literal("public"), v.literal("private")),
    revision: v.number(),
  })
    // Lists are paged by creation time, but a longer index sorts by another field before the creation time.
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_owner", ["ownerId"])
    .index("by_owner_and_visibility", ["ownerId", "visibility"])
    .index("by_storage_id", ["storageId"]),

  jobs: defineTable({
    ownerId: v.id("users"),
    status: v.union(v.literal("queued"), v.literal("running"), v.literal("succeeded"), v.literal("failed")),
    /** The input as JSON text; deleted when the job ends. */
    input: v.optional(storedText),
    result: v.optional(v.object({ sha256: v.string(), bytes: v.number(), type: v.string() })),
    error: v.optional(v.string()),
    revision: v.number(),
  })
    // Lists are paged by creation time.
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_owner", ["ownerId"])
    .index("by_owner_and_status", ["ownerId", "status"])
    .index("by_status", ["status"])
    .index("by_input_file", ["input.storageId"]),

  /** The log of webhooks: the received events and the outcome of their processing. */
  webhookEvents: defineTable({
    source: v.string(),
    /** The source's own id of the event. A second event with the same id is a duplicate. */
    eventId: v.string(),
    eventType: v.string(),
    /** The time of the event according to its source, in milliseconds since the epoch. */
    eventTime: v.number(),
    /**
     * The name of the event's handler in `webhooks/handlers.lib.ts`. Events from before version 0.2.0 have the path of the
     * handler, `module:function`.
     */
    handler: v.string(),
    details: v.optional(eventDetails),
    /** The event as the source sent it, in JSON; absent after the purge. */
    payload: v.optional(storedText),
    /** The time at which the payload is purged, in milliseconds since the epoch; absent afterwards. */
    purgeAt: v.optional(v.number()),
    status: v.union(v.literal("pending"), v.literal("success"), v.literal("failed")),
    attempts: v.number(),
    /** The time from which the attempt of a pending event is overdue, in milliseconds since the epoch. */
    dueAt: v.optional(v.number()),
    handled: v.optional(v.boolean()),
    error: v.optional(v.string()),
    processedAt: v.optional(v.number()),
    revision: v.number(),
  })
    // Lists are paged by creation time, but the longer indexes sort by another field before the creation time.
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_source", ["source"])
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_status", ["status"])
    .index("by_source_and_status", ["source", "status"])
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_type", ["eventType"])
    .index("by_type_and_status", ["eventType", "status"])
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_source_and_type", ["source", "eventType"])
    .index("by_source_type_and_status", ["source", "eventType", "status"])
    .index("by_event_id", ["source", "eventId"])
    .index("by_due", ["status", "dueAt"])
    .index("by_purge", ["purgeAt"])
    .index("by_payload_file", ["payload.storageId"]),

  payments: defineTable({ ...paymentFields, version: eventVersion, revision: v.number() })
    .index("by_session_id", ["sessionId"])
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_customer", ["customerId"])
    .index("by_payment_status", ["paymentStatus"])
    .index("by_customer_and_payment_status", ["customerId", "paymentStatus"]),

  subscriptions: defineTable({
    ...subscriptionFields,
    version: eventVersion,
    revision: v.number(),
  })
    .index("by_subscription_id", ["subscriptionId"])
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_customer", ["customerId"])
    .index("by_status", ["status"])
    .index("by_customer_and_status", ["customerId", "status"]),

  /** The amounts that each owner stores, for the quotas. `lib/usage.lib.ts` explains it. */
  usage: defineTable({
    ownerId: v.id("users"),
    resource: v.union(v.literal("items"), v.literal("files"), v.literal("keys")),
    count: v.number(),
    /** The bytes of files; otherwise 0. */
    bytes: v.number(),
    /** Present until the documents that are older than the position `after` are counted. */
    counting: v.optional(v.object({ after: position, dueAt: v.number() })),
  })
    // The registry of owned tables needs an index on only the owner.
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_owner", ["ownerId"])
    .index("by_owner_and_resource", ["ownerId", "resource"]),

  /** The audit log, in the order of creation. `lib/audit.lib.ts` writes it. */
  auditEvents: defineTable({
    actor: v.string(),
    action: v.string(),
    target: v.string(),
    requestId: v.optional(v.string()),
  })
    // Lists are paged by creation time, which the longer index sorts by only after the target.
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_actor", ["actor"])
    .index("by_target", ["target"])
    .index("by_actor_and_target", ["actor", "target"]),

  ...outgoingTables,

  idempotencyKeys: defineTable({
    credential: v.string(),
    key: v.string(),
    /** SHA-256 of the request's method, path and body, in lower-case hex. */
    fingerprint: v.string(),
    /** The result of the work as JSON text. It never contains a secret. Absent while the work has no result. */
    result: v.optional(v.string()),
    /** The documents with the rest of a result that is too long for one document. */
    rest: v.optional(v.array(v.id("idempotencyParts"))),
    /** The state of external work that has no result. */
    external: v.optional(externalState),
    createdAt: v.number(),
  })
    .index("by_credential_and_key", ["credential", "key"])
    .index("by_created_at", ["createdAt"]),

  /** The parts of long results of idempotent requests. They are deleted with their keys, by age. */
  idempotencyParts: defineTable({ text: v.string(), createdAt: v.number() }).index("by_created_at", [
    "createdAt",
  ]),
});
