/** Signed webhook events for the suites. */
import { expect } from "vitest";
import { page, type Json } from "../../../convex/http/testing/replies.testing";
import { freshId, makeEvent, signedHeaders, type WebhookSource } from "../../../scripts/webhook/senders";
import { eventually, root, send } from "./client";
import { given } from "./given";

type Event = {
  source: WebhookSource;
  type: string;
  id: string;
  body: string;
  headers: Record<string, string>;
};

/**
 * Creates a signed event.
 *
 * @param change changes the JSON of the event, which is an object. @param ago milliseconds since it was signed.
 */
export function event(
  source: WebhookSource,
  type: string,
  change: (made: Json) => void = () => undefined,
  ago = 0,
): Event {
  const [id, now] = [freshId(source), Date.now() - ago];
  const made = makeEvent(source, { id, type, now }) as Json;
  change(made);
  return signed({ source, type, id, body: JSON.stringify(made) }, now);
}

/** Signs an event. */
function signed(unsigned: Omit<Event, "headers">, now: number): Event {
  const secret = given.secrets[unsigned.source] ?? "";
  return { ...unsigned, headers: signedHeaders({ ...unsigned, secret, now }) };
}

/** Returns the operation that receives the webhooks of a source. */
export const receiverOf = (source: string): string =>
  `receive${source.charAt(0).toUpperCase()}${source.slice(1)}`;

export const deliver = ({ source, body, headers }: Event): Promise<Response> =>
  send(`/webhooks/${source}`, { method: "POST", body, headers });

/** Delivers an event and waits until it has been processed. @returns its entry in the log. */
export async function processed(sent: Event): Promise<Json> {
  const reply = await deliver(sent);
  expect([reply.status, await reply.text()]).toEqual([200, "OK"]);
  return eventually(async () => {
    const [found] = await logged(sent);
    return found?.["status"] === "pending" ? undefined : found;
  });
}

/** Returns the entries of an event in the log. */
export const logged = async ({ source, id }: Event): Promise<Json[]> =>
  (await page(root("GET", `/api/webhook-events?source=${source}&limit=100`))).filter(
    ({ eventId }) => eventId === id,
  );
