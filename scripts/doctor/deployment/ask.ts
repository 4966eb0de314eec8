/** Requests to the deployment that is looked at. */

/** Milliseconds that a reply may take: more than the API gives itself. */
const PATIENCE = 40_000;

export interface Ask {
  (path: string, init?: RequestInit): Promise<Response>;
  readonly url: URL;
}

/** Asks one deployment; redirects are not followed. */
export function asking(url: URL): Ask {
  const base = url.href.replace(/\/$/, "");
  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(base + path, { redirect: "manual", signal: AbortSignal.timeout(PATIENCE), ...init });
  return Object.assign(ask, { url });
}

/** The JSON object of a reply; an empty one for what is none. */
export async function objectOf(reply: Response): Promise<Record<string, unknown>> {
  const value: unknown = await reply.json().catch(() => null);
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
