import { EVENTS } from "../../../scripts/webhook/events";
import { freshId, signedHeaders, type WebhookSource } from "../../../scripts/webhook/sign";
import { as, advanceClock, now as time, send, settle } from "./engine.testing";
import { json, page, type Json } from "./replies.testing";

/** Secrets for the suites, as settings. Stripe has a second one, as during a rotation. */
export const SECRETS: Record<WebhookSource, string> = {
  stripe: "whsec_stripe_suite",
  clerk: `whsec_${Buffer.from("clerk suite secret 0123456789").toString("base64")}`,
  github: "github suite secret",
};
export const NEW_STRIPE_SECRET = "whsec_stripe_suite_next";
/** The secret of the example in GitHub's documentation. */
const DOCUMENTED_GITHUB_SECRET = "It's a Secret to Everybody";
export const WEBHOOK_ENV = {
  STRIPE_WEBHOOK_SECRET: `${SECRETS.stripe}, ${NEW_STRIPE_SECRET}`,
  CLERK_WEBHOOK_SECRET: SECRETS.clerk,
  GITHUB_WEBHOOK_SECRET: `${SECRETS.github},${DOCUMENTED_GITHUB_SECRET}`,
};

export type Options = {
  id?: string;
  /** Replaces the event's own body. */
  body?: string;
  secret?: string;
  now?: number;
  /** Changes the signed headers before they are sent. */
  headers?: (headers: Record<string, string>) => Record<string, string>;
};

/** Returns a webhook as its source sends it. */
export function webhook(
  source: WebhookSource,
  type: string,
  options: Options = {},
): { id: string; init: RequestInit } {
  const { id = freshId(source), now = time(), secret = SECRETS[source], headers = (same) => same } = options;
  const body = options.body ?? JSON.stringify(EVENTS[source][type]?.({ id, type, now }));
  const signed = signedHeaders({ source, type, id, body, secret, now });
  return { id, init: { method: "POST", body, headers: headers(signed) } };
}

/** Sends a webhook and returns the reply. */
export const post = (source: WebhookSource, type: string, options?: Options): Promise<Response> =>
  send(`/webhooks/${source}`, webhook(source, type, options).init);

/** Sends a webhook, waits until it is processed, and returns its entry in the log. */
export async function processed(source: WebhookSource, type: string, options: Options = {}): Promise<Json> {
  const { id, init } = webhook(source, type, options);
  const reply = await send(`/webhooks/${source}`, init);
  if (reply.status !== 200) throw new Error(`${reply.status} ${await reply.text()}`);
  await settle();
  return logged(id);
}

/** Returns the entry of an event in the log. */
export async function logged(eventId: string): Promise<Json> {
  const events = await page((await as("root"))("GET", "/api/webhook-events?limit=100"));
  const found = events.filter((event) => event["eventId"] === eventId);
  if (found.length !== 1) throw new Error(`${found.length} events ${eventId} in the log`);
  return found[0] as Json;
}

/** Returns an entry of the log with its payload. */
export const read = async (id: unknown): Promise<Json> =>
  json((await as("root"))("GET", `/api/webhook-events/${String(id)}`));

/** Advances the time until failed events have had their next attempt. */
export async function nextAttempt(): Promise<void> {
  advanceClock(30 * 60_000);
  await settle();
}
