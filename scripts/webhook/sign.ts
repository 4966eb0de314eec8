/** Signs webhooks as their sources do, with the source's own library where one exists. */
import { createHmac, randomUUID } from "node:crypto";
import Stripe from "stripe";
import { Webhook } from "svix";

export const SOURCES = ["stripe", "clerk", "github"] as const;
export type WebhookSource = (typeof SOURCES)[number];

export type Unsigned = {
  source: WebhookSource;
  /** The event's type, which GitHub sends in a header. */
  type: string;
  /** The event's id, which Clerk and GitHub send in a header. */
  id: string;
  body: string;
  secret: string;
  /** The time of the signature, in milliseconds since the epoch. */
  now: number;
};

/** Returns the headers that the source sends with the body. */
export function signedHeaders({ source, type, id, body, secret, now }: Unsigned): Record<string, string> {
  const json = { "Content-Type": "application/json" };
  const seconds = Math.floor(now / 1000);
  switch (source) {
    case "stripe": {
      const header = Stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp: seconds });
      return { ...json, "Stripe-Signature": header };
    }
    case "clerk": {
      const signature = new Webhook(secret).sign(id, new Date(seconds * 1000), body);
      return { ...json, "svix-id": id, "svix-timestamp": String(seconds), "svix-signature": signature };
    }
    case "github": {
      const signature = `sha256=${hmac(secret, body)}`;
      return { ...json, "X-GitHub-Event": type, "X-GitHub-Delivery": id, "X-Hub-Signature-256": signature };
    }
  }
}

/** Returns a form body that holds the JSON in the field `payload`, and the form's `Content-Type`. */
export const asForm = (json: string) => ({
  body: new URLSearchParams({ payload: json }).toString(),
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
});

/** Returns the HMAC-SHA-256 of a text, in hexadecimal digits. */
export const hmac = (secret: string, text: string): string =>
  createHmac("sha256", secret).update(text).digest("hex");

/** Returns a new event id in the source's format. */
export function freshId(source: WebhookSource): string {
  const id = randomUUID();
  return { stripe: `evt_${id.replaceAll("-", "").slice(0, 24)}`, clerk: `msg_${id}`, github: id }[source];
}
