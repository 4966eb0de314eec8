/**
 * Every setting that the functions read. Each function reads the environment when it is called, never at import: a test or
 * an operator may change a setting, and a request pays only for the settings that it uses.
 */

/** Returns the public origin of the HTTP actions, without a trailing slash. Convex and the embedded runtime set it. */
export function siteUrl(): string {
  return (process.env["CONVEX_SITE_URL"] ?? "").replace(/\/$/, "");
}

/**
 * Returns the settings of the reference page: the address of its script (`DOCS_SCRIPT_URL`), and the origin of stored files,
 * which Convex sets (`CONVEX_CLOUD_URL`).
 */
export function docsSettings(): { script: string | undefined; files: string | undefined } {
  return { script: process.env["DOCS_SCRIPT_URL"], files: process.env["CONVEX_CLOUD_URL"] };
}

/** Returns the milliseconds after which a request is answered with 503: `REQUEST_TIMEOUT_MS`, default 25,000. */
export function requestTimeoutMs(): number {
  // `setTimeout` with a longer delay fires immediately.
  return Math.min(positiveInteger(process.env["REQUEST_TIMEOUT_MS"], 25_000), 2 ** 31 - 1);
}

/** Returns the origins that browsers may call from: the text of `CORS_ORIGINS`, a comma-separated list, default `*`. */
export function corsOrigins(): string {
  return process.env["CORS_ORIGINS"] ?? "*";
}

/**
 * Returns whether uploaded bytes are deleted if no file is registered for them within a day: `COLLECT_UNREGISTERED_FILES`,
 * default no.
 */
export function collectUnregisteredFiles(): boolean {
  return /^(1|true|yes)$/i.test(process.env["COLLECT_UNREGISTERED_FILES"] ?? "");
}

/**
 * Returns the rate limits in requests per minute. `key` applies to each key and each user (`RATE_LIMIT_KEY_PER_MINUTE`,
 * default 600). `address` applies to each address on public routes and with invalid credentials
 * (`RATE_LIMIT_IP_PER_MINUTE`, default 120). 0 switches a limit off.
 */
export function rateLimits(): { key: number; address: number } {
  return {
    key: wholeNumber(process.env["RATE_LIMIT_KEY_PER_MINUTE"], 600),
    address: wholeNumber(process.env["RATE_LIMIT_IP_PER_MINUTE"], 120),
  };
}

/** Returns the issuer of Clerk's tokens as Convex names it in the identity: `CLERK_JWT_ISSUER_DOMAIN`. */
export function clerkIssuer(): string | undefined {
  return process.env["CLERK_JWT_ISSUER_DOMAIN"];
}

/** Returns the name of the setting with the secrets of a webhook source: `STRIPE_WEBHOOK_SECRET` for `stripe`. */
export const webhookSetting = (source: string): string => `${source.toUpperCase()}_WEBHOOK_SECRET`;

/**
 * Returns the signing secrets of a webhook source. An event may be signed with any of them. The setting is a comma-separated
 * list, so that a secret can be rotated without losing an event.
 */
export function webhookSecrets(source: string): string[] {
  const list = process.env[webhookSetting(source)] ?? "";
  return list.split(",").flatMap((secret) => (secret.trim() === "" ? [] : [secret.trim()]));
}

/** Returns the days for which the payload of a webhook event is kept: `WEBHOOK_RETENTION_DAYS`, default 30. */
export function webhookRetentionDays(): number {
  return positiveInteger(process.env["WEBHOOK_RETENTION_DAYS"], 30);
}

/** Parses a setting as a whole number of at least 0. Returns the fallback for any other text. */
export function wholeNumber(text: string | undefined, fallback: number): number {
  const value = Number(text);
  return text !== undefined && text.trim() !== "" && Number.isSafeInteger(value) && value >= 0
    ? value
    : fallback;
}

/** Parses a setting as a whole number of at least 1. Returns the fallback for any other text. */
export function positiveInteger(text: string | undefined, fallback: number): number {
  const value = Number(text);
  return text !== undefined && Number.isSafeInteger(value) && value > 0 ? value : fallback;
}
