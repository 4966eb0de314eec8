import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api";
import { patient } from "./patient";

/** The API as functions: paths, parameters, bodies and replies are the document's. */
export type Api = Client<paths>;

/** What the API says when it refuses (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/**
 * A client for one key.
 *
 * @param url Where the API is, such as `https://happy-otter-123.convex.site`.
 * @param waiting Hears how many seconds a request waits that the API had no room for.
 * @param send What sends a request: `fetch`, but for tests.
 */
export function connect(
  url: string,
  key: string,
  waiting: (seconds: number) => void,
  send: typeof fetch = fetch,
): Api {
  return createClient<paths>({ baseUrl: url, headers: { "X-API-Key": key }, fetch: patient(waiting, send) });
}

/** The data of a reply. @throws Refusal for a problem, Error for what is not from the API. */
export function required<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  if (response.ok) return data as T;
  // What is no success is a problem: the document has nothing else. A gateway in front of the API has not read it.
  if (!response.headers.get("Content-Type")?.startsWith("application/problem+json")) {
    throw new Error(`${response.status} from something in front of the API`);
  }
  throw new Refusal(error as Problem);
}

/** A problem as an error, for those who do not expect it. */
class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail} (request ${problem.requestId})`);
  }
}
