/**
 * Every setting the functions read, in one place. The environment is read when asked, never at import: a test or an
 * operator may change it, and a request pays only for what it needs.
 */

/** The public origin of the HTTP actions, without a trailing slash. Convex and the embedded runtime set it. */
export function siteUrl(): string {
  return (process.env["CONVEX_SITE_URL"] ?? "").replace(/\/$/, "");
}

/** Milliseconds after which a request is answered 503. `REQUEST_TIMEOUT_MS`, default 25,000. */
export function requestTimeoutMs(): number {
  return positiveInteger(process.env["REQUEST_TIMEOUT_MS"], 25_000);
}

/** The origins that browsers may call from, as written. `CORS_ORIGINS`, a comma list, default `*`. */
export function corsOrigins(): string {
  return process.env["CORS_ORIGINS"] ?? "*";
}

function positiveInteger(text: string | undefined, fallback: number): number {
  const value = Number(text);
  return text !== undefined && Number.isSafeInteger(value) && value > 0 ? value : fallback;
}
