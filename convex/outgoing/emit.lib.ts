import { internal } from "../_generated/api";
import type { Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { webhookRetentionDays } from "../lib/env.lib";
import { EVENTS, subscribes, type Event, type EventType, type SubjectOf } from "./eventTypes.lib";

/** The most endpoints that the look-up of an event reads. With more, the fan-out decides. */
const PROBED = 21;
/** Milliseconds after which a fan-out counts as lost, and the sweep starts it again. */
export const FAN_OUT_LEASE_MS = 60_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The batch of each running transaction. It holds one schedule for a transaction, however many events it emits. A retried or
 * nested transaction has another context, so no entry outlives its transaction.
 */
const batches = new WeakMap<MutationCtx, string>();

/**
 * Sends an event to the endpoints that subscribe to it. It writes one row in the transaction of the change, so an event is sent if
 * and only if the change commits. It reads the index of endpoints once, and writes nothing if no endpoint subscribes.
 *
 * @param subject The document after the change, or the deleted document.
 * @example await emit(ctx, "key.created", key);
 */
export async function emit<T extends EventType>(
  ctx: MutationCtx,
  type: T,
  subject: SubjectOf<T>,
): Promise<void> {
  // Each entry has a subject type of its own, which `SubjectOf` selects.
  const event = EVENTS[type] as unknown as Event<SubjectOf<T>>;
  const ownerId = event.owner?.(subject);
  if (!(await anySubscribes(ctx, type, ownerId))) return;
  const about = event.about?.(subject);
  await recordEvent(ctx, {
    type,
    data: JSON.stringify(event.data(subject)),
    ...(ownerId !== undefined && { ownerId }),
    ...(about !== undefined && { subject: about }),
    ...(await batchOf(ctx)),
  });
}

/** Inserts the row of an event. Without a `batch`, the event is not fanned out. */
export function recordEvent(
  ctx: MutationCtx,
  event: {
    type: string;
    data: string;
    ownerId?: Id<"users">;
    subject?: string;
    batch?: string;
    dueAt?: number;
  },
): Promise<Id<"outgoingEvents">> {
  const time = Date.now();
  const purgeAt = time + webhookRetentionDays() * DAY_MS;
  return ctx.db.insert("outgoingEvents", { ...event, time, purgeAt });
}

async function anySubscribes(
  ctx: QueryCtx,
  type: EventType,
  ownerId: Id<"users"> | undefined,
): Promise<boolean> {
  const endpoints = ctx.db.query("webhookEndpoints");
  const found = await (
    ownerId === undefined
      ? endpoints.withIndex("by_deployment", (q) => q.eq("deployment", true).eq("enabled", true))
      : endpoints.withIndex("by_owner_and_enabled", (q) => q.eq("ownerId", ownerId).eq("enabled", true))
  ).take(PROBED);
  return found.length === PROBED || found.some(({ events }) => subscribes(events, type));
}

/** Returns the batch of the transaction. The first call in a transaction schedules the fan-out. */
async function batchOf(ctx: MutationCtx): Promise<{ batch: string; dueAt: number }> {
  let batch = batches.get(ctx);
  if (batch === undefined) {
    batch = crypto.randomUUID();
    batches.set(ctx, batch);
    await ctx.scheduler.runAfter(0, internal.outgoing.fanOut.run, { batch });
  }
  return { batch, dueAt: Date.now() + FAN_OUT_LEASE_MS };
}
