import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "../../../openapi/example/api";

/** A typed client. The OpenAPI document defines its paths, parameters, bodies and replies. */
type Api = Client<paths>;
export type Item = components["schemas"]["Item"];
export type Endpoint = components["schemas"]["WebhookEndpoint"];
export type Delivery = components["schemas"]["WebhookDelivery"];
export type Picture = components["schemas"]["StoredFile"];
/** A problem (RFC 9457), the body of every error reply. */
export type Problem = components["schemas"]["Problem"];

/** The signed-in key and its API. */
export type Session = { api: Api; url: string; key: string };

/**
 * Creates a client for one key.
 *
 * @param replied called with each reply, to read its headers.
 */
export function connect(url: string, key: string, replied: (reply: Response) => void): Session {
  const api = createClient<paths>({ baseUrl: url, headers: { "X-API-Key": key } });
  api.use({ onResponse: ({ response }) => replied(response) });
  return { api, url, key };
}

/** An error with the API's problem. */
export class Refusal extends Error {
  constructor(
    readonly problem: Problem,
    /** Seconds to wait before the next try, if the API says so. */
    readonly retryAfter: number | undefined,
  ) {
    super(problem.detail);
  }
}

/** Returns the data of a reply. @throws Refusal for a problem. @throws TypeError if the reply is not the API's. */
export function required<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  if (response.ok) return data as T;
  const { status, headers } = response;
  // The API answers every error with a problem. Any other error reply is from a gateway in front of the API.
  if (!headers.get("Content-Type")?.startsWith("application/problem+json")) {
    throw new TypeError(`A gateway in front of the API has answered ${status}.`);
  }
  const seconds = headers.get("Retry-After");
  throw new Refusal(error as Problem, seconds === null ? undefined : Number(seconds));
}

/** Returns the query of the next page from the reply's `Link` header (RFC 8288); undefined on the last page. */
export function nextOf(reply: Response): string | undefined {
  const link = /<([^>]+)>; *rel="next"/.exec(reply.headers.get("Link") ?? "");
  return link?.[1]?.split("?")[1];
}
