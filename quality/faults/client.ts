/** Requests as a client of the API makes them. */

export type Json = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body read as an object. */
  readonly json: Json;
}

/** What a caller gives: method, path or URL, body, headers. A string or bytes go as they are, the rest as JSON. */
export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/**
 * Calls with a key. It rejects where no answer came.
 *
 * @param gone aborted when there is nobody left to answer: not every request that a kill cuts off ends by itself.
 */
export function caller(url: string, key: string, gone?: AbortSignal): Call {
  return async (method, path, body, headers = {}) => {
    const raw = typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(new URL(path, url), {
      method,
      redirect: "manual",
      ...(gone && { signal: gone }),
      headers: {
        "X-API-Key": key,
        ...(body !== undefined && { "Content-Type": raw ? "application/octet-stream" : "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body: raw ? (body as BodyInit) : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  };
}

/** All pages of a list. */
export async function everything(call: Call, path: string): Promise<Json[]> {
  const found: Json[] = [];
  for (let next: string | undefined = `${path}?limit=100`; next !== undefined;) {
    const { status, text, headers } = await call("GET", next);
    if (status !== 200) throw new Error(`GET ${next}: ${status} ${text}`);
    found.push(...(JSON.parse(text) as Json[]));
    next = /<([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1];
  }
  return found;
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {};
  }
}
