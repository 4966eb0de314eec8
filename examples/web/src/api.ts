import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "../../../openapi/example/api";

/** The API as functions: paths, parameters, bodies and replies are the OpenAPI document's. */
type Api = Client<paths>;
export type Item = components["schemas"]["Item"];
export type Picture = components["schemas"]["StoredFile"];
/** What the API says when it refuses (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/** Who is signed in, and where. */
export type Session = { api: Api; url: string; key: string };

/**
 * A client for one key.
 *
 * @param replied Hears of each reply, for what its headers say.
 */
export function connect(url: string, key: string, replied: (reply: Response) => void): Session {
  const api = createClient<paths>({ baseUrl: url, headers: { "X-API-Key": key } });
  api.use({ onResponse: ({ response }) => replied(response) });
  return { api, url, key };
}

/** A problem as an error. */
export class Refusal extends Error {
  constructor(
    readonly problem: Problem,
    /** Seconds after which to try again, where the API says so. */
    readonly retryAfter: number | undefined,
  ) {
    super(problem.detail);
  }
}

/** The data of a reply. @throws Refusal for a problem, TypeError as when there is no reply for what is not from the API. */
export function required<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  if (response.ok) return data as T;
  const { status, headers } = response;
  // What is no success is a problem: the document has nothing else. A gateway in front of the API has not read it.
  if (!headers.get("Content-Type")?.startsWith("application/problem+json")) {
    throw new TypeError(`Something in front of it has answered ${status}.`);
  }
  const seconds = headers.get("Retry-After");
  throw new Refusal(error as Problem, seconds === null ? undefined : Number(seconds));
}

/** The query of the next page, as the reply's `Link` header (RFC 8288) has it; undefined on the last page. */
export function nextOf(reply: Response): string | undefined {
  const link = /<([^>]+)>; *rel="next"/.exec(reply.headers.get("Link") ?? "");
  return link?.[1]?.split("?")[1];
}
