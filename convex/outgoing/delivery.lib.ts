import type { Infer } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";
import { toTime } from "../lib/time.lib";
import { senderOf } from "./sender.lib";
import type { attempt } from "./tables.lib";

/** The most attempts that a delivery keeps. */
const MAX_ATTEMPTS = 20;
/** Deliveries that one transaction deletes with their events. */
const BATCH = 500;
/** Events about a user that one transaction erases. */
const EVENTS = 100;

/** Returns the body of an event: the same text in every attempt and for every endpoint. */
export const bodyOf = ({ type, time, data }: Doc<"outgoingEvents">): string =>
  `{"type":${JSON.stringify(type)},"timestamp":"${toTime(time)}","data":${data}}`;

/** Inserts a delivery of an event that is due now. The caller adds it to the count of the queue. */
export const insertDelivery = (
  ctx: MutationCtx,
  { _id: endpointId, ownerId }: Pick<Doc<"webhookEndpoints">, "_id" | "ownerId">,
  { _id: eventId, type }: Pick<Doc<"outgoingEvents">, "_id" | "type">,
): Promise<Id<"webhookDeliveries">> =>
  ctx.db.insert("webhookDeliveries", {
    ...{ eventId, endpointId, ownerId, type, status: "pending", attempts: [], tries: 0, revision: 1 },
    nextAttemptAt: Date.now(),
  });

/** Returns the attempts of a delivery with one more. */
export const withAttempt = (delivery: Doc<"webhookDeliveries">, made: Infer<typeof attempt>) =>
  [...delivery.attempts, made].slice(-MAX_ATTEMPTS);

/** Ends a pending delivery that is not sent. The caller subtracts it from the count of its queue. */
export async function failDelivery(
  ctx: MutationCtx,
  delivery: Doc<"webhookDeliveries">,
  error: string,
): Promise<void> {
  await ctx.db.patch("webhookDeliveries", delivery._id, {
    status: "failed",
    attempts: withAttempt(delivery, { at: Date.now(), error, durationMs: 0 }),
    nextAttemptAt: undefined,
    revision: delivery.revision + 1,
  });
}

/** Subtracts from the count of pending deliveries of an endpoint. */
export async function subtractPending(
  ctx: MutationCtx,
  endpointId: Id<"webhookEndpoints">,
  count: number,
): Promise<void> {
  if (count === 0) return;
  const { _id, pending } = await senderOf(ctx, endpointId);
  await ctx.db.patch("webhookSenders", _id, { pending: Math.max(0, pending - count) });
}

/** Deletes events with their deliveries, as far as one transaction may. `isDone` is true if all are deleted. */
export async function deleteEvents(
  ctx: MutationCtx,
  events: readonly Doc<"outgoingEvents">[],
): Promise<{ isDone: boolean }> {
  let left = BATCH;
  const pending = new Map<Id<"webhookEndpoints">, number>();
  for (const event of events) {
    const deliveries = await ctx.db
      .query("webhookDeliveries")
      .withIndex("by_event", (q) => q.eq("eventId", event._id))
      .take(left);
    for (const { _id, endpointId, status } of deliveries) {
      await ctx.db.delete("webhookDeliveries", _id);
      if (status === "pending") pending.set(endpointId, (pending.get(endpointId) ?? 0) + 1);
    }
    left -= deliveries.length;
    if (left === 0) break;
    await ctx.db.delete("outgoingEvents", event._id);
  }
  for (const [endpointId, count] of pending) {
    // The deliveries of a deleted endpoint may outlive it for a moment.
    if (await ctx.db.get("webhookEndpoints", endpointId)) await subtractPending(ctx, endpointId, count);
  }
  return { isDone: left > 0 };
}

/** Erases a batch of the events whose data describe a user, with what was sent and replied. */
export async function eraseEventsAbout(ctx: MutationCtx, userId: Id<"users">): Promise<{ isDone: boolean }> {
  const about = await ctx.db
    .query("outgoingEvents")
    .withIndex("by_subject", (q) => q.eq("subject", userId))
    .take(EVENTS);
  const { isDone } = await deleteEvents(ctx, about);
  return { isDone: isDone && about.length < EVENTS };
}
