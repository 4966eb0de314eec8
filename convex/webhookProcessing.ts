import { makeFunctionReference } from "convex/server";
import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc } from "./_generated/dataModel";
import { internalAction, internalMutation, type MutationCtx } from "./_generated/server";
import { failureOf } from "./lib/failure.lib";
import type { WebhookEvent } from "./lib/webhook.lib";
import { schedule } from "./lib/webhookAttempt.lib";
import { LEASE_MS } from "./lib/webhookLease.lib";

/** Attempts after which an event is given up. */
const MOST_ATTEMPTS = 8;
/** Milliseconds before the second attempt; each wait is twice the one before, give or take half. */
const FIRST_WAIT_MS = 5_000;
/** Overdue events taken up in one transaction. */
const BATCH = 100;

/**
 * Counts an attempt after the first, which is counted with the event, and schedules it. It follows the `after`th, so that two
 * who saw the same one overdue make one.
 */
export const attempt = internalMutation({
  args: { id: v.id("webhookEvents"), after: v.number() },
  returns: v.null(),
  handler: async (ctx, { id, after }) => {
    const found = await ctx.db.get("webhookEvents", id);
    if (found?.status !== "pending" || found.attempts !== after) return null;
    if (!found.payload) {
      await giveUp(ctx, found, found.error ?? "The payload was purged before the event was processed");
      return null;
    }
    if (found.attempts >= MOST_ATTEMPTS) {
      await giveUp(ctx, found, found.error ?? "The handler ended without a word");
      return null;
    }
    const attempts = found.attempts + 1;
    await ctx.db.patch("webhookEvents", id, {
      attempts,
      dueAt: Date.now() + LEASE_MS,
      revision: found.revision + 1,
    });
    await schedule(ctx, { id, attempts }, found.payload);
    return null;
  },
});

/** Fetches a payload that did not fit its document, and processes it. */
export const processStored = internalAction({
  args: { id: v.id("webhookEvents"), attempts: v.number(), storageId: v.id("_storage") },
  returns: v.null(),
  handler: async (ctx, { id, attempts, storageId }): Promise<null> => {
    const text = await (await ctx.storage.get(storageId))?.text();
    if (text !== undefined) await ctx.runMutation(internal.webhookProcessing.process, { id, attempts, text });
    return null;
  },
});

/**
 * Runs the handler of an event, once for each counted attempt. The effect and `success` commit together; a failure takes the
 * effect back, and is recorded and tried again later.
 */
export const process = internalMutation({
  args: {
    id: v.id("webhookEvents"),
    attempts: v.number(),
    /** Where the document does not hold it. */
    text: v.optional(v.string()),
  },
  returns: v.null(),
  handler: async (ctx, { id, attempts, text }) => {
    const found = await ctx.db.get("webhookEvents", id);
    if (found?.status !== "pending" || found.attempts !== attempts || !found.payload) return null;
    const payload = "text" in found.payload ? found.payload.text : text;
    if (payload === undefined) return null;
    const handler = makeFunctionReference<"mutation", WebhookEvent, boolean>(found.handler);
    const { eventId, eventType: type, eventTime: time } = found;
    let handled: boolean;
    try {
      handled = await ctx.runMutation(handler, { eventId, type, time, payload });
    } catch (error) {
      await retryLater(ctx, found, reasonOf(error));
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

async function retryLater(ctx: MutationCtx, found: Doc<"webhookEvents">, error: string): Promise<void> {
  if (found.attempts >= MOST_ATTEMPTS) {
    await giveUp(ctx, found, error);
    return;
  }
  const wait = FIRST_WAIT_MS * 2 ** (found.attempts - 1) * (0.5 + Math.random());
  await ctx.db.patch("webhookEvents", found._id, {
    error,
    dueAt: Date.now() + wait + LEASE_MS,
    revision: found.revision + 1,
  });
  await ctx.scheduler.runAfter(wait, internal.webhookProcessing.attempt, {
    id: found._id,
    after: found.attempts,
  });
}

async function giveUp(ctx: MutationCtx, found: Doc<"webhookEvents">, error: string): Promise<void> {
  const { _id, source, eventId, eventType, attempts } = found;
  await ctx.db.patch("webhookEvents", _id, {
    status: "failed",
    error,
    dueAt: undefined,
    processedAt: Date.now(),
    revision: found.revision + 1,
  });
  // One line that an alert can match.
  console.error(
    JSON.stringify({ level: "error", event: "webhook_failed", source, eventId, eventType, attempts, error }),
  );
}

/** What the log may show of a handler's error: what it says of itself, and no stack. */
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

/** Takes up what a crash left behind: pending events of which nothing was heard in time. */
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
      await ctx.scheduler.runAfter(0, internal.webhookProcessing.attempt, { id: _id, after: attempts });
    }
    if (overdue.length === BATCH) await ctx.scheduler.runAfter(0, internal.webhookProcessing.sweep, {});
    return null;
  },
});
