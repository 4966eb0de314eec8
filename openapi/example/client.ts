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
 */
export function connect(url: string, key: string, waiting: (seconds: number) => void): Api {
  return createClient<paths>({ baseUrl: url, headers: { "X-API-Key": key }, fetch: patient(waiting) });
}

/** The data of a reply. @throws Refusal for a problem. */
export function required<T>(reply: { data: T; error?: never } | { data?: never; error: Problem }): T {
  if (reply.error) throw new Refusal(reply.error);
  return reply.data;
}

/** A problem as an error, for those who do not expect it. */
class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.status} ${problem.code}: ${problem.detail} (request ${problem.requestId})`);
  }
}
