/**
 * Every setting that the functions read. A function reads the environment when it is called, never at import: tests and
 * operators change settings, and a request pays only for the settings that it needs.
 */

/**
 * The API's public address, without a slash at the end: `PUBLIC_URL`, which may have a path (`https://example.com/rest`), or
 * `CONVEX_SITE_URL`, which Convex and the embedded runtime set.
 */
export function publicUrl(): string {
  const setting = process.env["PUBLIC_URL"]?.trim();
  return (setting ? setting : (process.env["CONVEX_SITE_URL"] ?? "")).replace(/\/$/, "");
}

/** The path of the public address, such as `/rest`, in front of every path of the API; `""` without one. */
export const publicPath = (): string => publicUrl().replace(/^[^/]*\/\/[^/]*/, "");

/** For the reference page: its script, `DOCS_SCRIPT_URL`, and the origin of stored files, which Convex sets. */
export function docsSettings(): { script: string | undefined; files: string | undefined } {
  return { script: process.env["DOCS_SCRIPT_URL"], files: process.env["CONVEX_CLOUD_URL"] };
}

/** Returns the milliseconds after which a request is answered with 503: `REQUEST_TIMEOUT_MS`, default 25,000. */
export function requestTimeoutMs(): number {
  // A timer with a longer delay fires at once.
  return Math.min(positiveInteger(process.env["REQUEST_TIMEOUT_MS"], 25_000), 2 ** 31 - 1);
}

/** Returns the origins that browsers may call from: the text of `CORS_ORIGINS`, a comma-separated list, default `*`. */
export function corsOrigins(): string {
  return process.env["CORS_ORIGINS"] ?? "*";
}

/** The request headers that browsers may send beside the API's own. `CORS_HEADERS`, a comma list, default none. */
export function corsHeaderNames(): string[] {
  const names = (process.env["CORS_HEADERS"] ?? "").split(",").map((name) => name.trim());
  // One invalid name would make the header invalid for all names.
  return names.filter((name) => HEADER_NAME.test(name));
}

/** The name of a header: a token (RFC 9110, section 5.1). */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Whether uploaded bytes that no client registers within a day are deleted. `COLLECT_UNREGISTERED_FILES`, default no. */
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

/** The setting by which a vendor's own documentation names its secret, if it is another one than ours. */
const VENDOR_SETTINGS: Readonly<Record<string, string>> = { clerk: "CLERK_WEBHOOK_SIGNING_SECRET" };

/** Every setting that may hold secrets of a webhook source. */
export function webhookSettings(source: string): string[] {
  const vendors = Object.hasOwn(VENDOR_SETTINGS, source) ? VENDOR_SETTINGS[source] : undefined;
  return [webhookSetting(source), ...(vendors === undefined ? [] : [vendors])];
}

/**
 * Returns the signing secrets of a webhook source. Each setting holds a comma list, so that a secret can be changed without
 * losing an event.
 */
export function webhookSecrets(source: string): string[] {
  const list = webhookSettings(source)
    .map((name) => process.env[name] ?? "")
    .join(",");
  return list.split(",").flatMap((secret) => (secret.trim() === "" ? [] : [secret.trim()]));
}

/** Returns the days for which the payload of a webhook event is kept: `WEBHOOK_RETENTION_DAYS`, default 30. */
export function webhookRetentionDays(): number {
  return positiveInteger(process.env["WEBHOOK_RETENTION_DAYS"], 30);
}

/** Returns the most webhook endpoints of an owner: `QUOTA_ENDPOINTS`, default 20; 0 for no limit. */
export const endpointQuota = (): number => wholeNumber(process.env["QUOTA_ENDPOINTS"], 20);

/**
 * Returns the keys that encrypt the signing secrets of webhook endpoints: the texts of `SECRETS_KEY`, a comma list. The first one
 * encrypts, and all decrypt, so that a key can be replaced.
 */
export function secretsKeys(): string[] {
  return (process.env["SECRETS_KEY"] ?? "").split(",").flatMap((key) => key.trim() || []);
}

/** Returns whether webhooks may go to `http:` addresses and to this machine, for development: `WEBHOOK_ALLOW_HTTP`, default no. */
export function webhookAllowHttp(): boolean {
  return /^(1|true|yes)$/i.test(process.env["WEBHOOK_ALLOW_HTTP"] ?? "");
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
