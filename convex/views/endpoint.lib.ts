import type { Doc } from "../_generated/dataModel";
import { toTime } from "../lib/time.lib";

/** Returns what the API shows of a webhook endpoint: never its secrets. */
export const toEndpoint = (doc: Omit<Doc<"webhookEndpoints">, "secrets">) => ({
  id: doc._id,
  url: doc.url,
  events: doc.events,
  ...(doc.description !== undefined && { description: doc.description }),
  enabled: doc.enabled,
  ...(doc.disabledReason !== undefined && { disabledReason: doc.disabledReason }),
  createdAt: toTime(doc._creationTime),
});

/** Returns what lists show of a delivery. */
export const toDelivery = (doc: Doc<"webhookDeliveries">) => ({
  id: doc._id,
  eventId: doc.eventId,
  type: doc.type,
  endpointId: doc.endpointId,
  status: doc.status,
  attempts: doc.attempts.map((attempt) => ({ ...attempt, at: toTime(attempt.at) })),
  ...(doc.nextAttemptAt !== undefined && { nextAttemptAt: toTime(doc.nextAttemptAt) }),
});
