/** How `npm run webhook` sends as a source does: a row for each. */
import { randomUUID } from "node:crypto";
import { EVENTS, type Make } from "./events";
import { freshId, signedHeaders, SOURCES, type WebhookSource } from "./sign";

export interface Sender {
  /** What it can send, by type. */
  readonly events: Readonly<Record<string, Make>>;
  /** The headers with which it sends a body. `now`, in milliseconds, is when it signs. */
  readonly headers: (event: Unsigned) => Record<string, string>;
  /** A fresh id of its form. Default: a UUID. */
  readonly freshId?: () => string;
}

interface Unsigned {
  readonly type: string;
  readonly id: string;
  readonly body: string;
  readonly secret: string;
  /** The HMAC-SHA-256 of a text with the secret, in hexadecimal digits: how most sources sign. */
  readonly hmac: (text: string) => string;
  readonly now: number;
}

/** By the names that `SOURCES` in `convex/http/webhooks/webhooks.contract.ts` has. */
export const SENDERS: Readonly<Record<string, Sender>> = {
  ...Object.fromEntries(SOURCES.map((source) => [source, own(source)])),
};

/** A source that this project came with, and that its suites know. */
function own(source: WebhookSource): Sender {
  return {
    events: EVENTS[source],
    headers: ({ type, id, body, secret, now }) => signedHeaders({ source, type, id, body, secret, now }),
    freshId: () => freshId(source),
  };
}

export const idOf = ({ freshId = randomUUID }: Sender): string => freshId();
