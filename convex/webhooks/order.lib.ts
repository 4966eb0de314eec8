import type { Doc } from "../_generated/dataModel";
import type { QueryCtx } from "../_generated/server";
import { compareVersions, type EventVersion } from "./event.lib";
import { object, parse, type Json } from "./payload.lib";

/**
 * Returns whether an event is newer than the last event that was applied to an object. An older event never overwrites newer
 * state.
 *
 * Two events with the same time and rank are ordered by Stripe's `previous_attributes`, or otherwise by arrival. Both are read
 * from the log. If one of them is not in the log, `next` counts as newer.
 */
export async function isNewer(
  ctx: QueryCtx,
  source: string,
  next: EventVersion,
  seen: EventVersion | undefined,
): Promise<boolean> {
  if (!seen) return true;
  const order = compareVersions(next, seen);
  if (order !== 0) return order > 0;
  if (next.eventId === seen.eventId) return false;
  const [nextRow, seenRow] = [await logged(ctx, source, next), await logged(ctx, source, seen)];
  if (!nextRow || !seenRow) return true;
  return follows(eventOf(nextRow), eventOf(seenRow)) ?? nextRow._creationTime > seenRow._creationTime;
}

const logged = (ctx: QueryCtx, source: string, { eventId }: EventVersion) =>
  ctx.db
    .query("webhookEvents")
    .withIndex("by_event_id", (q) => q.eq("source", source).eq("eventId", eventId))
    .unique();

/** Returns the event in a log entry, or `{}` if its payload is purged or too long for the document. */
const eventOf = ({ payload }: Doc<"webhookEvents">): Json =>
  payload && "text" in payload ? parse(payload.text) : {};

/**
 * Returns whether `next` is the change after `seen`, whose state then equals the `previous_attributes` of `next`. Returns
 * undefined if each event follows the other, or if neither does.
 */
export function follows(next: Json, seen: Json): boolean | undefined {
  const [forward, backward] = [isChangeOf(next, seen), isChangeOf(seen, next)];
  return forward === backward ? undefined : forward;
}

function isChangeOf(event: Json, before: Json): boolean {
  const previous = object(object(event, "data"), "previous_attributes");
  const state = object(object(before, "data"), "object");
  return Object.keys(previous).length > 0 && matches(previous, state);
}

/** Returns whether a value contains all members of `part`. A null member equals an absent member. */
function matches(part: unknown, value: unknown): boolean {
  if (part === null || part === undefined) return value === null || value === undefined;
  if (typeof part !== "object") return part === value;
  if (typeof value !== "object" || value === null || Array.isArray(part) !== Array.isArray(value))
    return false;
  if (Array.isArray(part) && part.length !== (value as unknown[]).length) return false;
  return Object.entries(part).every(([name, member]) =>
    Object.hasOwn(value, name) || member === null ? matches(member, (value as Json)[name]) : false,
  );
}
