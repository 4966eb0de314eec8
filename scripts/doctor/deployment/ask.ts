/** Requests to the deployment that is checked. */

/** Milliseconds that a reply may take: longer than the API's own request timeout. */
const TIMEOUT_MS = 40_000;

export interface Ask {
  (path: string, init?: RequestInit): Promise<Response>;
  readonly url: URL;
}

/** Returns a function that sends requests to one deployment. It does not follow redirects. */
export function asking(url: URL): Ask {
  const base = url.href.replace(/\/$/, "");
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(base + path, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS), ...init });
  return Object.assign(ask, { url });
}

/** Returns the JSON object in a reply, or an empty object if the body is anything else. */
export async function objectOf(reply: Response): Promise<Record<string, unknown>> {
  const value: unknown = await reply.json().catch(() => null);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
