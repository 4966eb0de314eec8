import { expect } from "vitest";
import { webhookSetting } from "../../lib/env.lib";
import {
  freshId,
  makeEvent,
  signedHeaders,
  SOURCES,
  type WebhookSource,
} from "../../../scripts/webhook/senders";
import { as, advanceClock, now as time, send, settle } from "./engine.testing";
import { json, page, problem, type Json } from "./replies.testing";
import { sourceNamed } from "./sources.testing";

/** Returns the secrets of a source that the server of the suites accepts. The first one signs. */
const secretsOf = (source: WebhookSource): readonly [string, ...string[]] =>
  sourceNamed(source)?.secrets ?? [`suite secret of ${source}`];

/** The secrets that sign in the suites. */
export const SECRETS =
  // The entries have the names of all sources.
  Object.fromEntries(SOURCES.map((source) => [source, secretsOf(source)[0]])) as Record<
    WebhookSource,
    string
  >;

/** The settings that give a server the secrets of the suites. */
export const WEBHOOK_ENV: Record<string, string> = Object.fromEntries(
  SOURCES.map((source) => [webhookSetting(source), secretsOf(source).join(", ")]),
);

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
  const body = options.body ?? JSON.stringify(makeEvent(source, { id, type, now }));
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
  const events = await loggedEvents();
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

export const loggedEvents = async () => page((await as("root"))("GET", "/api/webhook-events?limit=100"));

/** Expects that a webhook is refused because of its signature, and that nothing is stored. */
export async function expectRejected(reply: Promise<Response>): Promise<void> {
  const before = (await loggedEvents()).length;
  expect((await problem(reply, 400, "webhook_rejected")).detail).toBe("Webhook verification failed");
  expect(await loggedEvents()).toHaveLength(before);
}
