/** Signed webhooks for a run, and the secrets that verify them. */
import {
  freshId,
  makeEvent,
  SENDERS,
  signedHeaders,
  SOURCES,
  type WebhookSource,
} from "../../../scripts/webhook/senders";
import { webhookSettings, type WebhookSecrets } from "../../lib/secrets";

/** Returns a fixed secret in a form that fits every source. */
export const secretOf = (source: string): string =>
  `whsec_${Buffer.from(`${source} bench secret 0123456789`).toString("base64")}`;

// The entries have the names of all sources. Several processes of a run sign and verify with the secrets.
const SECRETS = Object.fromEntries(SOURCES.map((source) => [source, secretOf(source)])) as WebhookSecrets;

/** The settings that give the product these secrets. */
export const WEBHOOK_SETTINGS: Readonly<Record<string, string>> = webhookSettings(SECRETS);

/** The type of the events of each source. Default: the first type that the source sends. */
const TYPES: Readonly<Record<string, string>> = { clerk: "user.updated", github: "push" };

const typeOf = (source: WebhookSource): string =>
  TYPES[source] ?? Object.keys(SENDERS[source].events)[0] ?? "";

interface Signed {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signs a new event of the sources in turn. The signature is valid for five minutes. */
export function signedWebhook(n: number): Signed {
  const source = SOURCES[n % SOURCES.length] as WebhookSource;
  const [id, now, type] = [freshId(source), Date.now(), typeOf(source)];
  const body = JSON.stringify(makeEvent(source, { id, type, now }));
  const headers = signedHeaders({ source, type, id, body, secret: SECRETS[source], now });
  return { path: `/webhooks/${source}`, headers, body };
}
