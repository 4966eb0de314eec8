/** A client of the API. */

export type Json = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body parsed as a JSON object; empty if it is anything else. */
  readonly json: Json;
}

/** Sends a request to a path or URL. A string or bytes are sent unchanged, any other body as JSON. */
export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/**
 * Returns a client that uses a key. It rejects when a request gets no answer.
 *
 * @param killed aborts requests after the server is killed, because `fetch` does not end all of them by itself.
 */
export function caller(url: string, key: string, killed?: AbortSignal): Call {
  return async (method, path, body, headers = {}) => {
    const raw = typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(new URL(path, url), {
      method,
      redirect: "manual",
      ...(killed && { signal: killed }),
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

/** Reads all pages of a list. */
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
