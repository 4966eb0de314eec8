import { getFunctionName, type FunctionReference } from "convex/server";
import { v, type ObjectType } from "convex/values";
import { internal } from "../_generated/api";
import type { ActionCtx } from "../_generated/server";
import { webhookSecrets, webhookSetting } from "./env.lib";
import { fail, failField } from "./failure.lib";
import { keepText } from "./keepText.lib";

/** The arguments of a source's handler. It answers whether it knows the type of the event. */
export const handlerArgs = {
  eventId: v.string(),
  type: v.string(),
  /** When it happened, says the source; milliseconds. */
  time: v.number(),
  /** The JSON text of the body. */
  payload: v.string(),
};
export type WebhookEvent = ObjectType<typeof handlerArgs>;
export type Handler = FunctionReference<"mutation", "internal", WebhookEvent, boolean>;

/** A JSON object of whose members nothing is known yet. */
export type Json = Record<string, unknown>;

/** A webhook as it came, and what its source knows of it. */
export type Webhook = {
  /** The source's name in the log, and of its secret: `stripe` has `STRIPE_WEBHOOK_SECRET`. */
  source: string;
  body: string;
  /** When it was signed, in seconds, where the source says so. */
  timestamp?: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** Whether the secret signed the body. Throwing is a no. */
  verify: (secret: string) => Promise<boolean>;
  /** The event in the body. `time` is when it happened, in milliseconds. */
  describe: (payload: Json) => { eventId: string; type: string; time: number };
  /** The internal mutation that does what the event asks for. */
  handler: Handler;
};

/** Seconds that a signature may be old, or early. */
const TOLERANCE = 300;

/**
 * The way of every webhook, from top to bottom: the secret, the time of the signature, the signature over the exact bytes,
 * the body, and one mutation that inserts the event and schedules its processing, or finds that it was seen. Nothing of
 * what is refused is stored, and nothing that a library says of a signature gets out.
 */
export async function receive(ctx: ActionCtx, webhook: Webhook): Promise<null> {
  const { source, body, timestamp, now } = webhook;
  const secrets = webhookSecrets(source);
  if (secrets.length === 0) fail("not_configured", `${webhookSetting(source)} is not set`);
  if (timestamp !== undefined && !isRecent(timestamp, now)) reject();
  if (!(await anyVerifies(webhook, secrets))) reject();

  const { eventId, type, time } = webhook.describe(parse(body));
  if (!Number.isFinite(time)) fail("invalid_request", "The event does not say when it happened");
  const handler = getFunctionName(webhook.handler);
  const event = { source, eventId, eventType: type, eventTime: time, handler };
  return keepText(ctx.storage, body, (payload) =>
    ctx.runMutation(internal.webhookReceiving.record, { ...event, payload }),
  );
}

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
 * Whether a library verifies, of those that parse what they have verified: when a body turns out to be no JSON, or to begin
 * with a byte order mark, its signature has held.
 */
export async function verifiesBeforeParsing(verify: () => unknown): Promise<boolean> {
  try {
    await verify();
    return true;
  } catch (error) {
    return error instanceof SyntaxError;
  }
}

/** The JSON object of a body. A byte order mark was signed with it, but is no JSON. */
export function parse(body: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(body.replace(/^\ufeff/, ""));
  } catch {
    return fail("invalid_json", "Invalid JSON body");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    fail("invalid_json", "Invalid JSON body");
  return value as Json;
}

function reject(): never {
  fail("webhook_rejected", "Webhook verification failed");
}

/** A member of a payload that has to be a text. */
export function text(payload: Json, name: string): string {
  return optionalText(payload, name) ?? failField({ in: "body", path: name, message: "must be a string" });
}

/** A member of a payload that may be an object. */
export function object(payload: Json, name: string): Json {
  const value = payload[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** A member that may be a text; anything else counts as absent, and so does what Convex takes for no text. */
export function optionalText(payload: Json, name: string): string | undefined {
  const value = payload[name];
  return typeof value === "string" && value !== "" && value.isWellFormed() ? value : undefined;
}
