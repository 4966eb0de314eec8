/** How `npm run webhook` sends as each source does. */
import { randomUUID } from "node:crypto";
import { EVENTS, type Make } from "./events";
import { freshId, signedHeaders, SOURCES, type WebhookSource } from "./sign";

export interface Sender {
  /** The events that it can send, by type. */
  readonly events: Readonly<Record<string, Make>>;
  /** Returns the headers of a body, with its signature. `now` is the time of the signature in milliseconds since the epoch. */
  readonly headers: (event: Unsigned) => Record<string, string>;
  /** Returns a fresh id in the source's form. Default: a UUID. */
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
  readonly now: number;
}

/** By the names in `SOURCES` of `convex/http/webhooks/webhooks.contract.ts`. */
export const SENDERS: Readonly<Record<string, Sender>> = {
  ...Object.fromEntries(SOURCES.map((source) => [source, own(source)])),
};

/** A source that this project comes with. */
function own(source: WebhookSource): Sender {
  return {
    events: EVENTS[source],
    headers: ({ type, id, body, secret, now }) => signedHeaders({ source, type, id, body, secret, now }),
    freshId: () => freshId(source),
    ...(source === "github" && { form: true }),
  };
}

export const idOf = ({ freshId = randomUUID }: Sender): string => freshId();
