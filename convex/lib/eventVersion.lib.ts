import { v, type Infer } from "convex/values";

/** Where an event stands in the history of its object. Sources deliver in any order, so each object keeps its last. */
export const eventVersion = v.object({
  /** The event's own time, in milliseconds. */
  time: v.number(),
  /** Within one second: created before updated before deleted. */
  rank: v.number(),
  eventId: v.string(),
});

export type EventVersion = Infer<typeof eventVersion>;

/** The version of an event by its own time, its type (`customer.subscription.updated`) and its id. */
export function versionOf(event: { time: number; type: string; eventId: string }): EventVersion {
  const rank = ["created", "updated", "deleted"].indexOf(event.type.split(".").at(-1) ?? "");
  return { time: Math.floor(event.time / 1000) * 1000, rank, eventId: event.eventId };
}

/** True when `next` comes after what an object has seen: an older event never overwrites newer state. */
export function isNewer(next: EventVersion, seen: EventVersion | undefined): boolean {
  if (!seen) return true;
  if (next.time !== seen.time) return next.time > seen.time;
  if (next.rank !== seen.rank) return next.rank > seen.rank;
  return next.eventId > seen.eventId;
}
