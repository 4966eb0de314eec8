/** Defines how `npm run webhook` imitates each webhook source. */
import { randomUUID } from "node:crypto";
import { EVENTS, type Make } from "./events";
import { freshId, signedHeaders, SOURCES, type WebhookSource } from "./sign";

export interface Sender {
  /** The events that the source can send, by type. */
  readonly events: Readonly<Record<string, Make>>;
  /** Returns the headers of a request, with the signature of its body. */
  readonly headers: (event: Unsigned) => Record<string, string>;
  /** Returns a new event id in the source's format. Default: a UUID. */
  readonly freshId?: () => string;
  /** The source may send the JSON in the field `payload` of a form. */
  readonly form?: true;
}

interface Unsigned {
  readonly type: string;
  readonly id: string;
  readonly body: string;
  readonly secret: string;
  /** Returns the HMAC-SHA-256 of a text under the secret, in hexadecimal digits, as most sources sign. */
  readonly hmac: (text: string) => string;
  /** The time of the signature, in milliseconds since the epoch. */
  readonly now: number;
}

/** The senders, by the names in `SOURCES` of `convex/http/webhooks/webhooks.contract.ts`. */
export const SENDERS: Readonly<Record<string, Sender>> = {
  ...Object.fromEntries(SOURCES.map((source) => [source, builtIn(source)])),
};

/** Returns the sender for a source that this project includes. */
function builtIn(source: WebhookSource): Sender {
  return {
    events: EVENTS[source],
    headers: ({ type, id, body, secret, now }) => signedHeaders({ source, type, id, body, secret, now }),
    freshId: () => freshId(source),
    ...(source === "github" && { form: true }),
  };
}

export const idOf = ({ freshId = randomUUID }: Sender): string => freshId();
