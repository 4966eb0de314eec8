/**
 * Receives webhooks. The action of a source (`stripe.ts`, `clerk.ts`, `github.ts`) calls `receive` with the parts that differ
 * between sources: how to verify the signature, and how to read an event's id, type and time. `process.ts` processes the
 * recorded events.
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

/** A webhook as it was sent, and functions that verify and describe it for its source. */
export type Webhook = {
  /** The source's name in the log and in its setting, such as `stripe` in `STRIPE_WEBHOOK_SECRET`. */
  source: string;
  body: string;
  /** The signed time, in seconds since the epoch, if the source signs a time. */
  timestamp?: string;
  /** For the log: why the signature is malformed. Undefined if it is well-formed. */
  signatureError?: string | undefined;
  /** The current time, in milliseconds since the epoch. */
  now: number;
  /** Returns whether the secret signed the body. An error counts as `false`. */
  verify: (secret: string) => Promise<boolean>;
  /** Returns the JSON text of the event in the body. Default: the body. */
  json?: () => string;
  /**
   * Set if an event may be too large to parse in a function's heap. The text is then only checked, and `describe` gets `{}` and
   * the text.
   */
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

/** Seconds by which the time of a signature may differ from the current time, in either direction. */
const TOLERANCE = 300;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Receives a webhook. Checks, in this order, that a secret is set, the time of the signature, the signature over the exact
 * bytes, and the body. One mutation then records the event and schedules its processing. A rejected webhook is not stored. Only
 * the log gets the reason for a rejection: the sender learns only that the verification failed.
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
  if (!Number.isFinite(described.time)) fail("invalid_request", "The time of the event is invalid");
  const { eventId, time, details } = described;
  const event = { source, eventId, eventType: type, eventTime: time, ...(details && { details }), handler };
  return storeText(ctx.storage, json, (payload) =>
    ctx.runMutation(internal.webhooks.receive.record, { ...event, payload }),
  );
}

/** Inserts an event, counts its first attempt and schedules it. Does nothing if the event is already recorded. */
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
  if (!/^\d{1,12}$/.test(timestamp))
    reject("malformed signature: it must have exactly one time, in whole seconds");
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
      // The next secret may verify it.
    }
  }
  return false;
}

/**
 * Runs a library function that verifies a signature and then parses the body. Returns whether the signature is valid. A
 * `SyntaxError` counts as valid, because only the parser throws it, after the verification.
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
