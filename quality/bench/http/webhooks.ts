/** Signed webhooks for a run, and the secrets that verify them. */
import { EVENTS } from "../../../scripts/webhook/events";
import type { WebhookSource } from "../../../scripts/webhook/sign";
import { freshId, signedHeaders } from "../../../scripts/webhook/sign";
import { webhookSettings, type WebhookSecrets } from "../../lib/secrets";

/** Fixed secrets, because several processes of a run sign and verify with them. */
export const SECRETS: WebhookSecrets = {
  stripe: "whsec_stripe_bench",
  clerk: `whsec_${Buffer.from("clerk bench secret 0123456789").toString("base64")}`,
  github: "github bench secret",
};

/** The settings that give the product these secrets. */
export const WEBHOOK_SETTINGS: Readonly<Record<string, string>> = webhookSettings(SECRETS);

const TYPES: readonly (readonly [WebhookSource, string])[] = [
  ["stripe", "checkout.session.completed"],
  ["clerk", "user.updated"],
  ["github", "push"],
];

interface Signed {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signs a new event of the sources in turn. The signature is valid for five minutes. */
export function signedWebhook(n: number): Signed {
  const [source, type] = TYPES[n % TYPES.length] ?? (["github", "push"] as const);
  const [id, now, secret] = [freshId(source), Date.now(), SECRETS[source]];
  const body = JSON.stringify(EVENTS[source][type]?.({ id, type, now }));
  const headers = signedHeaders({ source, type, id, body, secret, now });
  return { path: `/webhooks/${source}`, headers, body };
}
