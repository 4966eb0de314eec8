/**
 * How a webhook gets in. The action of a source (`stripe.ts`, `clerk.ts`, `github.ts`) calls `receive` with what only that
 * source knows: how it signs, and where an event has its id, type and time. `process.ts` takes over from there.
 */
import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalMutation, type ActionCtx } from "../_generated/server";
import { webhookRetentionDays, webhookSecrets, webhookSetting } from "../lib/env.lib";
import { fail } from "../lib/failure.lib";
import { deleteStoredText, storedText } from "../lib/storedText.lib";
import { storeText } from "../lib/textStorage.lib";
import { LEASE_MS, scheduleAttempt } from "./attempt.lib";
import type { HandlerKey } from "./handlers.lib";
import { parse, type Json } from "./payload.lib";

/** A webhook as it was sent, and what its source knows about it. */
export type Webhook = {
  /** The source's name in the log and in its setting: `stripe` has `STRIPE_WEBHOOK_SECRET`. */
  source: string;
  body: string;
  /** When it was signed, in seconds since the epoch, if the source signs a time. */
  timestamp?: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** Whether the secret signed the body. An error counts as no. */
  verify: (secret: string) => Promise<boolean>;
  /** The event in the body. `time` is when it happened, in milliseconds since the epoch. */
  describe: (payload: Json) => { eventId: string; type: string; time: number };
  /** The key of the handler in `handlers.lib.ts`. */
  handler: HandlerKey;
};

/** Seconds by which the time of a signature may differ from now, in either direction. */
const TOLERANCE = 300;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Takes in a webhook, in this order: the secret, the time of the signature, the signature over the exact bytes, the body, and
 * one mutation that records the event and schedules its processing. Nothing of a refused webhook is stored, and no message of
 * a verifying library reaches the sender.
 */
export async function receive(ctx: ActionCtx, webhook: Webhook): Promise<null> {
  const { source, body, timestamp, now, handler } = webhook;
  const secrets = webhookSecrets(source);
  if (secrets.length === 0) fail("not_configured", `${webhookSetting(source)} is not set`);
  if (timestamp !== undefined && !isRecent(timestamp, now)) reject();
  if (!(await anyVerifies(webhook, secrets))) reject();

  const { eventId, type, time } = webhook.describe(parse(body));
  if (!Number.isFinite(time)) fail("invalid_request", "The event does not say when it happened");
  const event = { source, eventId, eventType: type, eventTime: time, handler };
  return storeText(ctx.storage, body, (payload) =>
    ctx.runMutation(internal.webhooks.receive.record, { ...event, payload }),
  );
}

/** Inserts an event, counts its first attempt and schedules it. Does nothing for an event that was recorded before. */
export const record = internalMutation({
  args: {
    source: v.string(),
    eventId: v.string(),
    eventType: v.string(),
    eventTime: v.number(),
    handler: v.string(),
    payload: storedText,
  },
  returns: v.null(),
  handler: async (ctx, received) => {
    const seen = await ctx.db
      .query("webhookEvents")
      .withIndex("by_event_id", (q) => q.eq("source", received.source).eq("eventId", received.eventId))
      .unique();
    if (seen) {
      await deleteStoredText(ctx, received.payload);
      return null;
    }
    const now = Date.now();
    const id = await ctx.db.insert("webhookEvents", {
      ...received,
      purgeAt: now + webhookRetentionDays() * DAY_MS,
      status: "pending",
      attempts: 1,
      dueAt: now + LEASE_MS,
      revision: 1,
    });
    await scheduleAttempt(ctx, { id, attempts: 1 }, received.payload);
    return null;
  },
});

function isRecent(timestamp: string, now: number): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= TOLERANCE;
}

async function anyVerifies({ verify }: Webhook, secrets: readonly string[]): Promise<boolean> {
  for (const secret of secrets) {
    try {
      if (await verify(secret)) return true;
    } catch {
      // Another secret may have signed it.
    }
  }
  return false;
}

/**
 * Runs a library that verifies a body and then parses it. A `SyntaxError` means that the signature holds: only the parser,
 * which runs afterwards, throws one.
 */
export async function verifiesBeforeParsing(verify: () => unknown): Promise<boolean> {
  try {
    await verify();
    return true;
  } catch (error) {
    return error instanceof SyntaxError;
  }
}

function reject(): never {
  fail("webhook_rejected", "Webhook verification failed");
}
