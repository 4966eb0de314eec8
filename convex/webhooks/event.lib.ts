import { v, type Infer, type ObjectType } from "convex/values";

/** The arguments of a handler: one event whose signature has been verified. */
export const handlerArgs = {
  /** The source's own id of the event. */
  eventId: v.string(),
  type: v.string(),
  /** When the event happened according to its source, in milliseconds since the epoch. */
  time: v.number(),
  /** The JSON text of the event; `{}` for handlers that do not read it (`handlers.lib.ts`). */
  payload: v.string(),
};

export type WebhookEvent = ObjectType<typeof handlerArgs>;

/** Properties of an event that the log shows, and keeps after the payload is purged. */
export const eventDetails = v.object({
  action: v.optional(v.string()),
  repository: v.optional(v.string()),
  sender: v.optional(v.string()),
});

export type EventDetails = Infer<typeof eventDetails>;

/** The position of an event in the history of its object. Sources deliver in any order, so each object stores its last version. */
export const eventVersion = v.object({
  /** When the event happened, in milliseconds since the epoch. Stripe's times are whole seconds. */
  time: v.number(),
  /** The order of events at the same time: created before updated before deleted. */
  rank: v.number(),
  eventId: v.string(),
});

export type EventVersion = Infer<typeof eventVersion>;

/** The rank of an event by the last part of its type. All other types have the rank of an update. */
const RANKS = new Map([
  ["created", 0],
  // A checkout session completes before its asynchronous payment succeeds or fails.
  ["completed", 0],
  ["deleted", 2],
]);
const UPDATE_RANK = 1;

/** Returns the version of an event from its time, its type (such as `customer.subscription.updated`) and its id. */
export function versionOf({
  time,
  type,
  eventId,
}: Pick<WebhookEvent, "time" | "type" | "eventId">): EventVersion {
  return { time, rank: RANKS.get(type.split(".").at(-1) ?? "") ?? UPDATE_RANK, eventId };
}

/** Compares two versions by time, then by rank. Returns a positive number if `next` is newer, and 0 for a tie. */
export const compareVersions = (next: EventVersion, seen: EventVersion): number =>
  next.time - seen.time || next.rank - seen.rank;
