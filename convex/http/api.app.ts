import { requestTimeoutMs } from "../lib/env.lib";
import { fail } from "../lib/failure.lib";
import { RESOURCES, STEPS } from "#routes";
import { Api, type Endpoint, type TableRoute } from "./kit/api.kit";
import { unlessUnchanged } from "./kit/conditional.kit";
import { withTimeout } from "./kit/deadline.kit";
import type { ApiContext } from "./kit/env.kit";
import { ACCEPT_PATCH } from "./kit/limits.kit";
import { validate } from "./kit/validate.kit";
import { requireDeclaredLength } from "./middleware/bodyLimit.middleware";
import { cacheHeaders } from "./middleware/cacheHeaders.middleware";
import { corsHeaders, exposeOwnHeaders, isPreflight } from "./middleware/cors.middleware";
import { logRequest } from "./middleware/log.middleware";
import { addPublicPath } from "./middleware/publicPath.middleware";
import { requestIdOf } from "./middleware/requestId.middleware";
import { requireSetting } from "./middleware/setting.middleware";
import { SECURITY_HEADERS } from "./middleware/securityHeaders.middleware";

/** Handles every request. Each step is a file in `middleware/` or `kit/`. */
async function handleRequest(c: ApiContext, route: TableRoute | undefined): Promise<Response> {
  const started = Date.now();
  c.set("requestId", requestIdOf(c.req.raw));
  c.set("renderProblem", async (thrown) => (await STEPS.problem()).answerProblem(c, thrown));
  setHeaders(c, {
    "X-Request-Id": c.get("requestId"),
    ...SECURITY_HEADERS,
    ...corsHeaders(c.req.raw, c.req.path),
  });

  let error: unknown;
  let endpoint: Endpoint | undefined;
  let response: Response;
  try {
    const loaded = isPreflight(c.req.raw) ? undefined : route?.endpoint();
    endpoint = loaded instanceof Promise ? await loaded : loaded;
    setHeaders(c, cacheHeaders(endpoint));
    response = await withTimeout(endpoint?.timeoutMs ?? requestTimeoutMs(), () => answer(c, endpoint));
  } catch (thrown) {
    error = thrown;
    response = await c.get("renderProblem")(thrown);
  }
  if (endpoint?.deprecated) {
    const { setDeprecationHeaders } = await STEPS.deprecation();
    setDeprecationHeaders(c, endpoint.deprecated, response);
  }
  if (endpoint?.cache) {
    const { setCachePolicy } = await STEPS.cachePolicy();
    setCachePolicy(endpoint.cache, endpoint, response);
  }
  addPublicPath(response);
  exposeOwnHeaders(response);
  const pattern = route?.path ?? api.patternAt(c.req.path, c.req.header("Access-Control-Request-Method"));
  logRequest(c, pattern, { status: response.status, started, error });
  return response;
}

/**
 * Runs the checks of a request in order, then its handler. A check throws to refuse the request. Steps that only some requests
 * need are loaded on demand, because on Convex every request would pay for a static import.
 */
async function answer(c: ApiContext, endpoint: Endpoint | undefined): Promise<Response> {
  if (isPreflight(c.req.raw)) return c.body(null, 204);
  if (!endpoint) return withoutRoute(c);
  requireSetting(endpoint);
  requireDeclaredLength(c, endpoint);
  if (endpoint.scope !== null || !endpoint.unlimited) {
    const { admit, requireScope } = await STEPS.admission();
    await admit(c, endpoint);
    requireScope(c, endpoint);
  }
  if (endpoint.claims) await (await STEPS.claims()).readClaims(c);
  if (endpoint.plain) return endpoint.handle(c);
  const body = endpoint.body && (await (await STEPS.write()).takeBody(c, endpoint.body, STEPS));
  await validate(c, endpoint, STEPS);
  if (endpoint.idempotent) {
    const { readIdempotencyKey } = await STEPS.write();
    await readIdempotencyKey(c, body);
  }
  const reply = await endpoint.handle(c);
  return endpoint.conditional ? unlessUnchanged(c, reply) : reply;
}

/** Answers a request without a route: 404 for an unknown path, 405 for another method, 204 with `Allow` for `OPTIONS`. */
function withoutRoute(c: ApiContext): Response {
  const methods = api.methodsAt(c.req.path);
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

export const api = new Api(RESOURCES, handleRequest);
