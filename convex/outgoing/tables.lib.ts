/** The tables of webhooks out. They are in a file of their own, because `schema.ts` is long enough without them. */
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { pageArgs } from "../lib/page.lib";

/** One attempt to send a delivery. An entry without `status` and with a duration of 0 records why nothing was sent. */
export const attempt = v.object({
  at: v.number(),
  /** The HTTP status of the reply. Absent if no reply arrived. */
  status: v.optional(v.number()),
  error: v.optional(v.string()),
  durationMs: v.number(),
});

export const outgoingTables = {
  /** The addresses that partners have registered. It changes rarely: `webhookSenders` has the values that change often. */
  webhookEndpoints: defineTable({
    ownerId: v.id("users"),
    /** The key that made or last changed the endpoint. Absent if that was a token of the owner. */
    keyId: v.optional(v.id("apiKeys")),
    url: v.string(),
    /** Event types, `key.*` for all types of a resource, or `*`. */
    events: v.array(v.string()),
    description: v.optional(v.string()),
    enabled: v.boolean(),
    disabledReason: v.optional(v.string()),
    /** True if `events` includes an event of the deployment, such as `user.created`. */
    deployment: v.boolean(),
    /** The signing secrets, newest first, as `seal.lib.ts` stores them. All but the newest expire. */
    secrets: v.array(v.object({ sealed: v.string(), expiresAt: v.optional(v.number()) })),
    revision: v.number(),
  })
    // Lists are paged by creation time.
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_owner", ["ownerId"])
    .index("by_owner_and_enabled", ["ownerId", "enabled"])
    .index("by_deployment", ["deployment", "enabled"])
    .index("by_key_id", ["keyId"]),

  /** The queue of each endpoint: whether a lane is sending its deliveries, and how that went lately. */
  webhookSenders: defineTable({
    endpointId: v.id("webhookEndpoints"),
    /** `waiting` means that deliveries are due and a lane has to take the queue. `running` means that a lane sends some of them. */
    state: v.union(v.literal("idle"), v.literal("waiting"), v.literal("running")),
    /** The lane of a running queue. */
    lane: v.optional(v.id("webhookLanes")),
    /** True if the endpoint was slow or failed lately. Slow endpoints have lanes of their own. */
    slow: v.boolean(),
    /** In milliseconds since the epoch: since when a queue runs or waits, or when the next delivery of an idle one is due. */
    dueAt: v.optional(v.number()),
    /** The number of pending deliveries. */
    pending: v.number(),
    /** The number of failed attempts since the last success, and when the first of them was. */
    failures: v.number(),
    failingSince: v.optional(v.number()),
    /** Earlier builds wrote it. It is not read. */
    run: v.optional(v.number()),
  })
    .index("by_endpoint", ["endpointId"])
    .index("by_state", ["state", "slow", "dueAt"]),

  /** The actions that send. `lane.lib.ts` explains them. */
  webhookLanes: defineTable({
    /** Whether the lane serves slow endpoints. */
    slow: v.boolean(),
    /** Counts the starts. An action whose number is lower has lost its turn. */
    run: v.number(),
    /** The scheduled action. Absent while the lane rests. */
    job: v.optional(v.id("_scheduled_functions")),
    /** When the action counts as dead unless it reports, in milliseconds since the epoch. Absent while the lane rests. */
    leaseEndsAt: v.optional(v.number()),
    /** When the lane last began to rest, in milliseconds since the epoch. */
    restedAt: v.optional(v.number()),
    /** True if the lane had rested only for a moment before its action started: its action then waits for more before it ends. */
    busy: v.optional(v.boolean()),
  }).index("by_slow", ["slow"]),

  /** The outbox: one row for each event, written in the transaction of the change. */
  outgoingEvents: defineTable({
    type: v.string(),
    /** The user whose endpoints get the event. Absent for events of the deployment. */
    ownerId: v.optional(v.id("users")),
    /** The id of the user that `data` describes, if any. The deletion of the user erases the event. */
    subject: v.optional(v.string()),
    /** When the change was made, in milliseconds since the epoch. */
    time: v.number(),
    /** JSON text. */
    data: v.string(),
    /** Identifies the transaction until its events are fanned out. */
    batch: v.optional(v.string()),
    /** When the fan-out is overdue, in milliseconds since the epoch. Absent once it is done. */
    dueAt: v.optional(v.number()),
    /** The position of the last endpoint that got its delivery, while the fan-out is not complete. */
    after: pageArgs.after,
    purgeAt: v.number(),
  })
    .index("by_owner", ["ownerId"])
    .index("by_subject", ["subject"])
    .index("by_batch", ["batch"])
    .index("by_due", ["dueAt"])
    .index("by_purge", ["purgeAt"]),

  /** One event for one endpoint. */
  webhookDeliveries: defineTable({
    eventId: v.id("outgoingEvents"),
    endpointId: v.id("webhookEndpoints"),
    /** The owner of the endpoint. */
    ownerId: v.id("users"),
    type: v.string(),
    status: v.union(v.literal("pending"), v.literal("succeeded"), v.literal("failed")),
    /** The last attempts, oldest first. */
    attempts: v.array(attempt),
    /** The number of attempts since the delivery was created or retried by hand. It selects the wait before the next one. */
    tries: v.number(),
    nextAttemptAt: v.optional(v.number()),
    /** The first characters of the last reply. */
    lastReply: v.optional(v.string()),
    revision: v.number(),
  })
    .index("by_owner", ["ownerId"])
    .index("by_event", ["eventId"])
    // Lists are paged by creation time. The longer indexes sort by another field first.
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_endpoint", ["endpointId"])
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_endpoint_and_status", ["endpointId", "status"])
    .index("by_due", ["endpointId", "status", "nextAttemptAt"]),
};
