/**
 * All settings that the functions read. A function reads the environment when it is called, never at import: tests and
 * operators change settings, and a request reads only the settings that it needs.
 */

/**
 * Returns the API's public address without a trailing slash: `PUBLIC_URL`, which may have a path (`https://example.com/rest`),
 * or otherwise `CONVEX_SITE_URL`, which Convex and the embedded runtime set.
 */
export function publicUrl(): string {
  const setting = process.env["PUBLIC_URL"]?.trim();
  return (setting ? setting : (process.env["CONVEX_SITE_URL"] ?? "")).replace(/\/$/, "");
}

/** Returns the path of the public address, such as `/rest`, which precedes all paths of the API. Returns `""` without a path. */
export const publicPath = (): string => publicUrl().replace(/^[^/]*\/\/[^/]*/, "");

/**
 * Returns the settings of the document and the reference page. `script` is the address of the page's script (`DOCS_SCRIPT_URL`).
 * `contact` is the operator's email address or page (`API_CONTACT`). `files` is the origin of stored files (`CONVEX_CLOUD_URL`,
 * which Convex sets).
 */
export function docsSettings(): Record<"script" | "contact" | "files", string | undefined> {
  return {
    script: process.env["DOCS_SCRIPT_URL"],
    contact: process.env["API_CONTACT"],
    files: process.env["CONVEX_CLOUD_URL"],
  };
}

/** Returns the milliseconds after which a request is answered with 503: `REQUEST_TIMEOUT_MS`, default 25,000. */
export function requestTimeoutMs(): number {
  // A timer with a longer delay fires immediately.
  return Math.min(positiveInteger(process.env["REQUEST_TIMEOUT_MS"], 25_000), 2 ** 31 - 1);
}

/** Returns the origins that browsers may call from: the text of `CORS_ORIGINS`, a comma-separated list, default `*`. */
export function corsOrigins(): string {
  return process.env["CORS_ORIGINS"] ?? "*";
}

/**
 * Returns the request headers that browsers may send in addition to the API's own: `CORS_HEADERS`, a comma-separated list,
 * default none. Skips invalid names.
 */
export function corsHeaderNames(): string[] {
  const names = (process.env["CORS_HEADERS"] ?? "").split(",").map((name) => name.trim());
  // One invalid name would make the header invalid for all names.
  return names.filter((name) => HEADER_NAME.test(name));
}

/** Matches the name of a header, which is a token (RFC 9110, section 5.1). */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Returns whether uploads that no client registers within a day are deleted: `COLLECT_UNREGISTERED_FILES`, default no. */
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

/** The setting that a source's own documentation uses for its secret, if it differs from `webhookSetting`. */
const VENDOR_SETTINGS: Readonly<Record<string, string>> = { clerk: "CLERK_WEBHOOK_SIGNING_SECRET" };

/** Returns the names of all settings that may contain secrets of a webhook source. */
export function webhookSettings(source: string): string[] {
  const vendorSetting = Object.hasOwn(VENDOR_SETTINGS, source) ? VENDOR_SETTINGS[source] : undefined;
  return [webhookSetting(source), ...(vendorSetting === undefined ? [] : [vendorSetting])];
}

/**
 * Returns the signing secrets of a webhook source. Each setting is a comma-separated list, so that an operator can rotate a
 * secret without losing an event.
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

/**
 * The days after which documents are deleted that no request needs any more; 0 keeps them for ever.
 *
 * - `jobs` that have ended: `JOB_RETENTION_DAYS`, default 30.
 * - `keys` that are revoked or have expired: `KEY_RETENTION_DAYS`, default 90.
 * - `webhookEvents` without a payload: `WEBHOOK_LOG_RETENTION_DAYS`, default 365.
 * - `auditEvents`: `AUDIT_RETENTION_DAYS`, default 365.
 */
export const retentionDays = {
  jobs: () => wholeNumber(process.env["JOB_RETENTION_DAYS"], 30),
  keys: () => wholeNumber(process.env["KEY_RETENTION_DAYS"], 90),
  webhookEvents: () => wholeNumber(process.env["WEBHOOK_LOG_RETENTION_DAYS"], 365),
  auditEvents: () => wholeNumber(process.env["AUDIT_RETENTION_DAYS"], 365),
};

/** Returns the most items of an owner: `QUOTA_ITEMS`, default 100,000; 0 for no limit. */
export const itemQuota = (): number => wholeNumber(process.env["QUOTA_ITEMS"], 100_000);

/** Returns the most files of an owner: `QUOTA_FILES`, default 10,000; 0 for no limit. */
export const fileQuota = (): number => wholeNumber(process.env["QUOTA_FILES"], 10_000);

/** Returns the most bytes that the files of an owner have together: `QUOTA_FILE_BYTES`, default 1 GB; 0 for no limit. */
export const fileBytesQuota = (): number => wholeNumber(process.env["QUOTA_FILE_BYTES"], 1_000_000_000);

/** Returns the most keys of an owner, without revoked ones: `QUOTA_KEYS`, default 100; 0 for no limit. */
export const keyQuota = (): number => wholeNumber(process.env["QUOTA_KEYS"], 100);

/** Returns the most webhook endpoints of an owner: `QUOTA_ENDPOINTS`, default 20; 0 for no limit. */
export const endpointQuota = (): number => wholeNumber(process.env["QUOTA_ENDPOINTS"], 20);

/**
 * Returns the keys that encrypt the signing secrets of webhook endpoints: the values of `SECRETS_KEY`, separated by commas. The first one
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
