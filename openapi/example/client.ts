import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api";
import { patient } from "./patient";

/** The typed API client. Its paths, parameters, bodies and replies come from the document. */
export type Api = Client<paths>;

/** The body of an error response (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/**
 * Creates a client with one key.
 *
 * @param url The base URL of the API, such as `https://happy-otter-123.convex.site`.
 * @param waiting Is called with the delay in seconds before a refused request is retried.
 * @param send Sends a request. Default: `fetch`. Tests pass another function.
 */
export function connect(
  url: string,
  key: string,
  waiting: (seconds: number) => void,
  send: typeof fetch = fetch,
): Api {
  return createClient<paths>({ baseUrl: url, headers: { "X-API-Key": key }, fetch: patient(waiting, send) });
}

/** Returns the data of a reply. @throws Refusal for a problem, Error for a response that is not from the API. */
export function required<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  if (response.ok) return data as T;
  // Every documented error is a problem. A gateway in front of the API may send an undocumented error.
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    throw new Error(`${response.status} from something in front of the API`);
  }
  throw new Refusal(error as Problem);
}

/** A problem as an error, for callers that expect success. */
class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail} (request ${problem.requestId})`);
  }
}
