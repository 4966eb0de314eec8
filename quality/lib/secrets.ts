/** Webhook secrets, in the form that each source uses. */
import { randomBytes } from "node:crypto";
import type { WebhookSource } from "../../scripts/webhook/sign";

export type WebhookSecrets = Readonly<Record<WebhookSource, string>>;

/** Generates random secrets. */
export function newWebhookSecrets(): WebhookSecrets {
  return {
    stripe: `whsec_${randomBytes(24).toString("hex")}`,
    clerk: `whsec_${randomBytes(24).toString("base64")}`,
    github: randomBytes(24).toString("hex"),
  };
}

/** Returns the settings that give a server these secrets. */
export function webhookSettings({ stripe, clerk, github }: WebhookSecrets): Record<string, string> {
  return { STRIPE_WEBHOOK_SECRET: stripe, CLERK_WEBHOOK_SECRET: clerk, GITHUB_WEBHOOK_SECRET: github };
}
