/**
 * How a webhook is received. The action of a source (`stripe.ts`, `clerk.ts`, `github.ts`) calls `receive` with what only that
 * source knows: its signature, and where an event has its id, type and time. `process.ts` does the rest.
 */
import { v } from "convex/values";
import { internal } from "../_generated/api";
import { internalMutation, type ActionCtx } from "../_generated/server";
import { webhookRetentionDays, webhookSecrets, webhookSetting } from "../lib/env.lib";
import { fail } from "../lib/failure.lib";
import { deleteStoredText, storedText } from "../lib/storedText.lib";
import { storeText } from "../lib/textStorage.lib";
import { LEASE_MS, scheduleAttempt } from "./attempt.lib";
import { eventDetails, type EventDetails } from "./event.lib";
import type { HandlerKey } from "./handlers.lib";
import { parse, requireObject, type Json } from "./payload.lib";

/** A webhook as it was sent, and how its source signs and describes events. */
export type Webhook = {
  /** The source's name in the log and in its setting: `stripe` has `STRIPE_WEBHOOK_SECRET`. */
  source: string;
  body: string;
  /** When it was signed, in seconds since the epoch, if the source signs a time. */
  timestamp?: string;
  /** The reason why the signature is malformed, for the log. Default: none. */
  signatureError?: string | undefined;
  /** Milliseconds since the epoch. */
  now: number;
  /** Returns whether the secret signed the body. An error counts as `false`. */
  verify: (secret: string) => Promise<boolean>;
  /** Returns the JSON text of the event in the body. Default: the body. */
  json?: () => string;
  /** The event may be too large to be parsed in a function's heap: it is only checked, and `describe` gets `{}` and the text. */
  large?: true;
  /**
   * Describes the event. `time` is when it happened, in milliseconds since the epoch; `details` stay in the log after the
   * payload is purged.
   */
  describe: (
    event: Json,
    json: string,
  ) => { eventId: string; type: string; time: number; details?: EventDetails };
  /** The key of the handler in `handlers.lib.ts`. */
  handler: HandlerKey;
};

/** Seconds by which the time of a signature may differ from now, in either direction. */
const TOLERANCE = 300;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Receives a webhook, in this order: the secret, the time of the signature, the signature over the exact bytes, the body, and
 * one mutation that records the event and schedules its processing. Nothing of a rejected webhook is stored. The reason of a
 * rejection is for the log: the sender learns only that the verification failed.
 */
export async function receive(ctx: ActionCtx, webhook: Webhook): Promise<null> {
  const { source, body, timestamp, signatureError, now, handler } = webhook;
  const secrets = webhookSecrets(source);
  if (secrets.length === 0) fail("not_configured", `${webhookSetting(source)} is not set`);
  if (timestamp !== undefined) requireRecent(timestamp, now);
  if (signatureError !== undefined) reject(`malformed signature: ${signatureError}`);
  if (!(await anyVerifies(webhook, secrets))) reject(`no secret matched: ${secrets.length} tried`);

  const json = webhook.json?.() ?? body;
  if (webhook.large) requireObject(json);
  const { type, ...described } = webhook.describe(webhook.large ? {} : parse(json), json);
  if (!Number.isFinite(described.time)) fail("invalid_request", "The event does not say when it happened");
  const { eventId, time, details } = described;
  const event = { source, eventId, eventType: type, eventTime: time, ...(details && { details }), handler };
  return storeText(ctx.storage, json, (payload) =>
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
    details: v.optional(eventDetails),
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
    await scheduleAttempt(ctx, { id, attempts: 1 }, received);
    return null;
  },
});

function requireRecent(timestamp: string, now: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) reject("malformed signature: no single time in whole seconds");
  const age = Math.round(now / 1000 - Number(timestamp));
  if (Math.abs(now / 1000 - Number(timestamp)) <= TOLERANCE) return;
  reject(
    age > 0
      ? `stale: signed ${age} s ago, more than ${TOLERANCE} s`
      : `from the future: signed ${-age} s ahead, more than ${TOLERANCE} s`,
  );
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

function reject(reason: string): never {
  fail("webhook_rejected", "Webhook verification failed", { reason });
}
