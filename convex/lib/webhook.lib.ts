import { getFunctionName, type FunctionReference } from "convex/server";
import { v, type ObjectType } from "convex/values";
import { internal } from "../_generated/api";
import type { ActionCtx } from "../_generated/server";
import { webhookSecrets } from "./env.lib";
import { fail } from "./failure.lib";

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

/** What a source knows of a webhook that it has signed. */
export type Source = {
  /** Its name in the log, and of its secret: `stripe` has `STRIPE_WEBHOOK_SECRET`. */
  name: string;
  /** When it was signed, in seconds, where the source says so in a header. */
  timestamp?: string;
  /** Throws when the secret did not sign the body. */
  verify: (secret: string) => Promise<void>;
  /** The event in the body. `time` is in milliseconds. */
  describe: (payload: Json) => { eventId: string; type: string; time: number };
  /** The internal mutation that does what the event asks for. */
  handler: Handler;
};

/** Seconds that a signature may be old, or early. */
const TOLERANCE = 300;
/** Bytes of a payload that a document may hold; Convex's limit for a document is 1 MiB. */
const DOCUMENT_BYTES = 900_000;

/**
 * The way of every webhook, from top to bottom: the secret, the time of the signature, the signature over the exact bytes,
 * the body, and one mutation that inserts the event and schedules its processing, or finds that it was seen. Nothing of
 * what is refused is stored, and nothing that a library says of a signature gets out.
 *
 * @param now Milliseconds since the epoch.
 */
export async function receive(ctx: ActionCtx, source: Source, body: string, now: number): Promise<null> {
  const secrets = webhookSecrets(source.name);
  if (secrets.length === 0) fail("not_configured", `No secret is set for ${source.name}`);
  if (source.timestamp !== undefined && !isRecent(source.timestamp, now)) reject();
  if (!(await anyVerifies(source, secrets))) reject();

  const { eventId, type, time } = source.describe(parse(body));
  const bytes = new TextEncoder().encode(body).byteLength;
  const payload =
    bytes <= DOCUMENT_BYTES
      ? { text: body }
      : { storageId: await ctx.storage.store(new Blob([body], { type: "application/json" })) };
  const handler = getFunctionName(source.handler);
  const event = { source: source.name, eventId, eventType: type, eventTime: time, handler, payload };
  await ctx.runMutation(internal.webhookEvents.record, event);
  return null;
}

function isRecent(timestamp: string, now: number): boolean {
  return /^\d{1,12}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= TOLERANCE;
}

async function anyVerifies(source: Source, secrets: readonly string[]): Promise<boolean> {
  for (const secret of secrets) {
    const verified = await source.verify(secret).then(
      () => true,
      // A body that is not JSON makes a library's parser fail, after its signature has held.
      (error: unknown) => error instanceof SyntaxError,
    );
    if (verified) return true;
  }
  return false;
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
  const value = payload[name];
  return typeof value === "string" && value !== ""
    ? value
    : fail("invalid_request", `${name}: must be a string`);
}

/** A member of a payload that may be an object. */
export function object(payload: Json, name: string): Json {
  const value = payload[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** A member that may be a text; anything else counts as absent. */
export function optionalText(payload: Json, name: string): string | undefined {
  const value = payload[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
