import { v, type Infer, type ObjectType } from "convex/values";

/** The arguments of a handler: one verified event of a source. */
export const handlerArgs = {
  /** The source's own id of the event. */
  eventId: v.string(),
  type: v.string(),
  /** When the event happened according to its source, in milliseconds since the epoch. */
  time: v.number(),
  /** The JSON text of the body. */
  payload: v.string(),
};

export type WebhookEvent = ObjectType<typeof handlerArgs>;

/** Where an event stands in the history of its object. Sources deliver in any order, so each object keeps its last version. */
export const eventVersion = v.object({
  /** The event's own time, in milliseconds. */
  time: v.number(),
  /** Within one second: created before updated before deleted. */
  rank: v.number(),
  eventId: v.string(),
});

export type EventVersion = Infer<typeof eventVersion>;

/** The version of an event by its own time, its type (`customer.subscription.updated`) and its id. */
export function versionOf(event: Pick<WebhookEvent, "time" | "type" | "eventId">): EventVersion {
  const rank = ["created", "updated", "deleted"].indexOf(event.type.split(".").at(-1) ?? "");
  return { time: Math.floor(event.time / 1000) * 1000, rank, eventId: event.eventId };
}

/** True if `next` comes after the version that an object has seen: an older event never overwrites newer state. */
export function isNewer(next: EventVersion, seen: EventVersion | undefined): boolean {
  if (!seen) return true;
  if (next.time !== seen.time) return next.time > seen.time;
  if (next.rank !== seen.rank) return next.rank > seen.rank;
  return next.eventId > seen.eventId;
}
