/** The webhook sources that `npm run webhook` and the suites imitate. */
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { clerk } from "./clerk";
import { github } from "./github";
import type { Sender, Unsigned } from "./sender";
import { stripe } from "./stripe";

/** The senders, by the names in `SOURCES` of `convex/http/webhooks/webhooks.contract.ts`. */
export const SENDERS = byName({
  stripe,
  clerk,
  github,
});

export type WebhookSource = keyof typeof SENDERS;

export const SOURCES = Object.keys(SENDERS) as readonly WebhookSource[];

function byName<Name extends string>(
  senders: Readonly<Record<Name, Sender>>,
): Readonly<Record<Name, Sender>> {
  return senders;
}

/** Returns the JSON value of an event. @throws Error if the source does not send events of this type. */
export function makeEvent(source: WebhookSource, event: { id: string; type: string; now: number }): unknown {
  const make = SENDERS[source].events[event.type];
  if (make === undefined) throw new Error(`${source} sends no event of type ${event.type}`);
  return make(event);
}

/** Returns the headers that the source sends with the body. */
export function signedHeaders({
  source,
  ...event
}: { source: WebhookSource } & Omit<Unsigned, "hmac">): Record<string, string> {
  const hmac = (text: string) => hmacOf(event.secret, text);
  return { "Content-Type": "application/json", ...SENDERS[source].headers({ ...event, hmac }) };
}

/** Returns the HMAC-SHA-256 of a text, in hexadecimal digits. */
const hmacOf = (secret: string, text: string): string =>
  createHmac("sha256", secret).update(text).digest("hex");

/** Returns a form body that holds the JSON in the field `payload`, and the form's `Content-Type`. */
export const asForm = (json: string) => ({
  body: new URLSearchParams({ payload: json }).toString(),
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
});

/** Returns a new event id in the source's format. */
export const freshId = (source: WebhookSource): string => SENDERS[source].freshId?.() ?? randomUUID();

/** Returns a new random secret in the source's format. */
export const newSecret = (source: WebhookSource): string =>
  SENDERS[source].newSecret?.() ?? randomBytes(24).toString("hex");
