/**
 * Routes without a contract, for replies that an API description does not cover, such as `/robots.txt`, or another Hono app. They
 * get everything that does not depend on a contract: the request id, the log, CORS, security headers, access, limits, the
 * deadline, 405 with `Allow`, and HEAD. The handler validates its input by itself, and the OpenAPI document leaves the route out.
 * `plainResource` of `table.kit.ts` names them in the table.
 */
import type { Endpoint, Registry } from "./api.kit";
import type { Access, Method, Spec } from "./contract.kit";
import type { ApiContext } from "./env.kit";
import type { PlainName } from "./table.kit";

/** The options of a contract that a plain route can have too. A route is public only if its `scope` is null. */
type PlainOptions = { scope: Access } & Pick<
  Spec,
  "credential" | "anonymous" | "unlimited" | "rateLimit" | "timeoutMs" | "cache" | "secret" | "needs"
>;

export type PlainRoute = { name: PlainName; endpoint: Endpoint };

/**
 * Binds a Hono handler to a plain route. `c.var.caller` is set if the route has a scope.
 *
 * The handler may return any response, such as the reply of another Hono app. The headers of the API are added to it where it does
 * not have its own. The body is not read before the handler runs. A declared length above 1 MiB is refused.
 *
 * @example
 * export function robots(api: Registry): void {
 *   plain(api, "GET /robots.txt", { scope: null }, (c) => c.text("User-agent: *\nDisallow: /\n"));
 *   plain(api, "GET /legacy/*", { scope: "any" }, (c) => legacy.fetch(c.req.raw, c.env));
 * }
 */
export function plain(
  api: Registry,
  name: PlainName,
  options: PlainOptions,
  handler: (c: ApiContext) => Response | Promise<Response>,
): void {
  const space = name.indexOf(" ");
  // The type of the name allows only methods in upper case.
  const method = name.slice(0, space).toLowerCase() as Method;
  const handle = async (c: ApiContext) => withApiHeaders(c, await handler(c));
  api.add({
    name,
    endpoint: { ...options, operationId: name, method, path: name.slice(space + 1), plain: true, handle },
  });
}

/** Adds the prepared headers of Hono's context to a response that was made without the context. */
function withApiHeaders(c: ApiContext, response: Response): Response {
  const isFromContext = response.headers.get("X-Request-Id") === c.get("requestId");
  return isFromContext ? response : c.newResponse(response.body, response);
}
