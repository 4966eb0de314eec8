/** Webhook secrets, in the form that each source uses. */
import { webhookSetting } from "../../convex/lib/env.lib";
import { newSecret, SOURCES, type WebhookSource } from "../../scripts/webhook/senders";

export type WebhookSecrets = Readonly<Record<WebhookSource, string>>;

/** Generates random secrets. */
export const newWebhookSecrets = (): WebhookSecrets =>
  // The entries have the names of all sources.
  Object.fromEntries(SOURCES.map((source) => [source, newSecret(source)])) as WebhookSecrets;

/** Returns the settings that give a server these secrets. */
export const webhookSettings = (secrets: WebhookSecrets): Record<string, string> =>
  Object.fromEntries(SOURCES.map((source) => [webhookSetting(source), secrets[source]]));
