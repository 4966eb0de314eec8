/**
 * Processes recorded events. One transaction counts an attempt, and a second transaction runs the handler. A failed attempt is
 * retried with exponential backoff. A cron job retries attempts that ended in a crash.
 */
import { v } from "convex/values";
import { internal } from "../_generated/api";
import type { Doc } from "../_generated/dataModel";
import { internalAction, internalMutation, type MutationCtx } from "../_generated/server";
import { failureOf } from "../lib/failure.lib";
import { readText } from "../lib/textStorage.lib";
import { LEASE_MS, scheduleAttempt } from "./attempt.lib";
import { handlerOf, readsPayload } from "./handlers.lib";

/** The maximum number of attempts. The event fails after the last one. */
const MAX_ATTEMPTS = 8;
/** Milliseconds before the second attempt. The delay doubles with each attempt, and varies randomly by up to half. */
const FIRST_DELAY_MS = 5_000;
/** The maximum number of overdue events that one transaction schedules. */
const BATCH = 100;

/**
 * Counts and schedules the next attempt of an event that has had `after` attempts. `receive.ts` counts the first attempt. Two
 * calls with the same `after` schedule only one attempt.
 */
export const attempt = internalMutation({
  args: { id: v.id("webhookEvents"), after: v.number() },
  returns: v.null(),
  handler: async (ctx, { id, after }) => {
    const found = await ctx.db.get("webhookEvents", id);
    if (found?.status !== "pending" || found.attempts !== after) return null;
    if (!found.payload) {
      await markFailed(ctx, found, found.error ?? "The payload was purged before the event was processed");
      return null;
    }
    if (found.attempts >= MAX_ATTEMPTS) {
      await markFailed(ctx, found, found.error ?? "The handler ended without a result");
      return null;
    }
    const attempts = found.attempts + 1;
    await ctx.db.patch("webhookEvents", id, {
      attempts,
      dueAt: Date.now() + LEASE_MS,
      revision: found.revision + 1,
    });
    await scheduleAttempt(ctx, { id, attempts }, { handler: found.handler, payload: found.payload });
    return null;
  },
});

/** Reads a payload that is too long for the document from file storage, and processes the event. */
export const processStored = internalAction({
  args: { id: v.id("webhookEvents"), attempts: v.number(), storageId: v.id("_storage") },
  returns: v.null(),
  handler: async (ctx, { id, attempts, storageId }): Promise<null> => {
    const text = await readText(ctx.storage, { storageId });
    const args = { id, attempts, ...(text !== undefined && { text }) };
    await ctx.runMutation(internal.webhooks.process.process, args);
    return null;
  },
});

/**
 * Runs the handler of an event, once for each counted attempt. The effect and the status `success` commit together. If the
 * handler fails, its effect is rolled back, the error is recorded, and the next attempt is scheduled.
 */
export const process = internalMutation({
  args: {
    id: v.id("webhookEvents"),
    attempts: v.number(),
    /** The payload, if the document does not hold it. */
    text: v.optional(v.string()),
  },
  returns: v.null(),
  handler: async (ctx, { id, attempts, text }) => {
    const found = await ctx.db.get("webhookEvents", id);
    if (found?.status !== "pending" || found.attempts !== attempts || !found.payload) return null;
    const payload = !readsPayload(found.handler) ? "{}" : "text" in found.payload ? found.payload.text : text;
    if (payload === undefined) {
      await scheduleRetry(ctx, found, "The stored payload was not found");
      return null;
    }
    const { eventId, eventType: type, eventTime: time } = found;
    let handled: boolean;
    try {
      handled = await ctx.runMutation(handlerOf(found.handler), { eventId, type, time, payload });
    } catch (error) {
      await scheduleRetry(ctx, found, reasonOf(error));
      return null;
    }
    const { error: _, dueAt: __, ...rest } = found;
    await ctx.db.replace("webhookEvents", id, {
      ...withoutSystemFields(rest),
      status: "success",
      handled,
      processedAt: Date.now(),
      revision: found.revision + 1,
    });
    return null;
  },
});

async function scheduleRetry(ctx: MutationCtx, found: Doc<"webhookEvents">, error: string): Promise<void> {
  if (found.attempts >= MAX_ATTEMPTS) {
    await markFailed(ctx, found, error);
    return;
  }
  const delay = FIRST_DELAY_MS * 2 ** (found.attempts - 1) * (0.5 + Math.random());
  await ctx.db.patch("webhookEvents", found._id, {
    error,
    dueAt: Date.now() + delay + LEASE_MS,
    revision: found.revision + 1,
  });
  await ctx.scheduler.runAfter(delay, internal.webhooks.process.attempt, {
    id: found._id,
    after: found.attempts,
  });
}

async function markFailed(ctx: MutationCtx, found: Doc<"webhookEvents">, error: string): Promise<void> {
  const { _id, source, eventId, eventType, attempts } = found;
  await ctx.db.patch("webhookEvents", _id, {
    status: "failed",
    error,
    dueAt: undefined,
    processedAt: Date.now(),
    revision: found.revision + 1,
  });
  // Alerts can match this line.
  console.error(
    JSON.stringify({ level: "error", event: "webhook_failed", source, eventId, eventType, attempts, error }),
  );
}

/** Returns the message of a handler's error for the log, without a stack. */
function reasonOf(error: unknown): string {
  const failure = failureOf(error);
  if (failure) return failure.detail;
  return error instanceof Error ? (error.message.split("\n", 1)[0] ?? "") : "The handler failed";
}

function withoutSystemFields<T extends { _id: unknown; _creationTime: unknown }>(
  doc: T,
): Omit<T, "_id" | "_creationTime"> {
  const { _id: _, _creationTime: __, ...fields } = doc;
  return fields;
}

/** Schedules a new attempt for pending events whose last attempt is overdue: a crash may have ended it. */
export const sweep = internalMutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const now = Date.now();
    const overdue = await ctx.db
      .query("webhookEvents")
      .withIndex("by_due", (q) => q.eq("status", "pending").lt("dueAt", now))
      .take(BATCH);
    for (const { _id, attempts } of overdue) {
      await ctx.db.patch("webhookEvents", _id, { dueAt: now + LEASE_MS });
      await ctx.scheduler.runAfter(0, internal.webhooks.process.attempt, { id: _id, after: attempts });
    }
    if (overdue.length === BATCH) await ctx.scheduler.runAfter(0, internal.webhooks.process.sweep, {});
    return null;
  },
});
