import { HonoBase } from "hono/hono-base";
import { requestTimeoutMs } from "../lib/env.lib";
import { fail } from "../lib/failure.lib";
import { billing } from "./billing/billing.routes";
import { data } from "./data/data.routes";
import { files } from "./files/files.routes";
import { items } from "./items/items.routes";
import { jobs } from "./jobs/jobs.routes";
import { Api, type Endpoint } from "./kit/api.kit";
import { unlessUnchanged } from "./kit/conditional.kit";
import type { ApiContext, ApiEnv } from "./kit/env.kit";
import { problem } from "./kit/problem.kit";
import { MatchOnceRouter, methodsAt } from "./kit/router.kit";
import { validate } from "./kit/validate.kit";
import { keys } from "./keys/keys.routes";
import {
  ACCEPT_PATCH,
  readBody,
  requireDeclaredLength,
  requireMediaType,
  requireNoCoding,
} from "./middleware/body.middleware";
import { cacheHeaders } from "./middleware/cacheHeaders.middleware";
import { corsHeaders, isPreflight } from "./middleware/cors.middleware";
import { admit, requireScope } from "./middleware/credential.middleware";
import { withTimeout } from "./middleware/deadline.middleware";
import { setDeprecationHeaders } from "./middleware/deprecation.middleware";
import { readIdempotencyKey } from "./middleware/idempotency.middleware";
import { logRequest } from "./middleware/log.middleware";
import { addPublicPath } from "./middleware/publicPath.middleware";
import { requestIdOf } from "./middleware/requestId.middleware";
import { requireSetting } from "./middleware/setting.middleware";
import { SECURITY_HEADERS } from "./middleware/securityHeaders.middleware";
import { session } from "./session/session.routes";
import { system } from "./system/system.routes";
import { webhookEvents } from "./webhooks/events.routes";
import { webhooks } from "./webhooks/webhooks.routes";
import { users } from "./users/users.routes";

/** Handles every request. Each step is a file in `middleware/` or `kit/`. */
async function handleRequest(c: ApiContext, endpoint: Endpoint | undefined): Promise<Response> {
  const started = Date.now();
  c.set("requestId", requestIdOf(c.req.raw));
  setHeaders(c, {
    "X-Request-Id": c.var.requestId,
    ...SECURITY_HEADERS,
    ...cacheHeaders(endpoint),
    ...corsHeaders(c.req.raw, c.req.path),
  });

  let error: unknown;
  let response: Response;
  try {
    response = await withTimeout(requestTimeoutMs(), () => answer(c, endpoint));
  } catch (thrown) {
    error = thrown;
    response = problem(c, thrown);
  }
  if (endpoint) setDeprecationHeaders(c, endpoint, response);
  addPublicPath(response);
  logRequest(c, endpoint, { status: response.status, started, error });
  return response;
}

/** Runs the checks of a request in order, then its handler. A check throws to refuse the request. */
async function answer(c: ApiContext, endpoint: Endpoint | undefined): Promise<Response> {
  if (isPreflight(c.req.raw)) return c.body(null, 204);
  if (!endpoint) return withoutRoute(c);
  requireSetting(endpoint);
  requireDeclaredLength(c, endpoint);
  await admit(c, endpoint);
  requireScope(c, endpoint);
  requireMediaType(c, endpoint);
  requireNoCoding(c, endpoint);
  const body = await readBody(c, endpoint);
  await validate(c, endpoint);
  await readIdempotencyKey(c, endpoint, body);
  const reply = await endpoint.handle(c);
  return endpoint.conditional ? unlessUnchanged(c, reply) : reply;
}

/** Answers a request without a route: 404 for an unknown path, 405 for another method, 204 with `Allow` for `OPTIONS`. */
function withoutRoute(c: ApiContext): Response {
  const methods = methodsAt(api.app, c.req.path);
  if (methods.length === 0) fail("not_found", `No route ${c.req.path}`);
  const Allow = [
    ...methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])),
    "OPTIONS",
  ].join(", ");
  const patch = methods.includes("PATCH") ? ACCEPT_PATCH : {};
  if (c.req.method === "OPTIONS") return c.body(null, 204, { Allow, ...patch });
  return fail("method_not_allowed", `${c.req.path} does not accept ${c.req.method}`, { headers: { Allow } });
}

function setHeaders(c: ApiContext, headers: Readonly<Record<string, string>>): void {
  for (const name in headers) c.header(name, headers[name]);
}

export const api = new Api(
  new HonoBase<ApiEnv>({ router: new MatchOnceRouter(), strict: false }),
  handleRequest,
);

system(api);
session(api);
items(api);
users(api);
keys(api);
data(api);
jobs(api);
files(api);
webhooks(api);
webhookEvents(api);
billing(api);
