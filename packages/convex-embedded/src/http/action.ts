/** Serves one HTTP request as Convex does: looks up the route and runs its handler as an action. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Engine } from "../exec/engine";
import { Execution, executions } from "../exec/execution";
import type { Modules, Router } from "../exec/modules";
import { isOverloadError } from "./bodyMemory";
import { busyResponse, notFoundResponse, uncaughtResponse } from "./errorResponses";
import { functionLabel } from "../exec/functionAddress";
import { hasMountedRoutes, mountedRoute } from "./mountedRoutes";
import { RequestOrigin } from "./origin";
import { isClientGone, onResponseEnd } from "./responseEnd";
import type { RequestMetrics } from "../metrics/requestMetrics";
import { limitResponseBytes, webGlobals, withoutBody } from "../web/webClasses";

/** Answers one request. Never rejects. */
export async function serveHttpAction(
  engine: Engine,
  request: Request,
  { incoming, outgoing }: { readonly incoming: IncomingMessage; readonly outgoing: ServerResponse },
  metrics: RequestMetrics,
): Promise<Response> {
  const path = pathOf(request.url);
  const { method } = request;
  // HEAD is routed as GET. The handler still sees HEAD, and Node omits the body.
  const routed = method === "HEAD" ? "GET" : method;
  const origin = new RequestOrigin(incoming, engine.trustProxy);
  // If the router does not load, the error is reported below.
  const target = targetOf(engine, path, routed);
  const { modules, component, path: ownPath } = target instanceof Promise ? await target : target;
  const loaded = modules === null ? null : (modules.router ?? (await modules.loadRouter().catch(() => null)));
  const route = lookUp(loaded, ownPath, routed);
  // Logs name a request by the pattern of its route, as on Convex: a path may contain secrets.
  const name = `${method} ${route?.[2] ?? "/*"}`;
  const execution = new Execution({
    engine,
    kind: "http",
    path: name,
    component,
    origin,
    now: 0,
    parent: null,
    reader: null,
    transaction: null,
  });
  metrics.inFlight++;
  const started = performance.now();
  const counted = (response: Response): Response => {
    metrics.answered(name, response.status, (performance.now() - started) / 1_000);
    return response;
  };
  let describeError: (() => string) | null = null;
  try {
    const router = modules && (modules.router ?? (await modules.loadRouter()));
    if (modules === null || router === null) return counted(notFoundResponse());
    const found = route === undefined ? router.lookup(ownPath, routed) : route;
    execution.request = method === "OPTIONS" ? withoutBody(request) : request;
    const response = await execution.budget.run(() =>
      executions.run(execution, respond, modules, router, execution, ownPath, found),
    );
    if (!(response instanceof webGlobals.Response)) {
      throw new Error("An HTTP action must return a Response, or a promise of one.");
    }
    // The body may use timers and run functions long after the handler has returned.
    return counted(limitResponseBytes(response, (step) => executions.run(execution, step)));
  } catch (thrown) {
    if (isOverloadError(thrown)) return counted(busyResponse());
    const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    const trace = engine.modules.mapStack(stack);
    describeError = () => `Uncaught ${trace}`;
    if (!isClientGone(incoming, thrown)) {
      engine.log({ level: "error", path: functionLabel(execution), message: `Uncaught ${trace}` });
    }
    return counted(uncaughtResponse(thrown, trace, origin.requestId));
  } finally {
    // A body may stream long after the handler has returned, and a client that disconnects does not stop it.
    onResponseEnd(outgoing, () => {
      metrics.inFlight--;
      execution.end();
    });
    engine.executionLog?.ended(execution, performance.now() - started, describeError);
  }
}

/** Where a request goes. `modules` is `null` if no component answers it. */
interface Target {
  readonly modules: Modules | null;
  readonly component: string;
  readonly path: string;
}

function targetOf(engine: Engine, path: string, method: string): Target | Promise<Target> {
  // Nearly all projects have only the routes of their app.
  if (!hasMountedRoutes(engine)) return { modules: engine.modules, component: "", path };
  return mountedRoute(engine, path, method).then((found) =>
    found === null
      ? { modules: null, component: "", path }
      : { modules: found.component.modules, component: found.component.path, path: found.path },
  );
}

type Route = ReturnType<Router["lookup"]>;

/** Looks up the route. Returns `undefined` if the router throws; the error is reported when the router runs the request. */
function lookUp(router: Router | null, path: string, method: string): Route | undefined {
  try {
    return router?.lookup(path, method);
  } catch {
    return undefined;
  }
}

function respond(
  modules: Modules,
  router: Router,
  execution: Execution,
  path: string,
  found: Route,
): Promise<unknown> {
  if (found === null) return Promise.resolve(notFoundResponse());
  const [{ _handler: handler }] = found;
  if (!modules.standardRouter || handler === undefined) return throughRouter(router, execution, path);
  return Promise.resolve(handler(modules.contexts.http(execution), execution.request));
}

/** Runs a request through a custom router. */
async function throughRouter(router: Router, execution: Execution, path: string): Promise<unknown> {
  await router.runRequest("{}", path);
  if (execution.response === null) throw new Error("The HTTP action's router returned no response");
  return execution.response;
}

/** Returns the path of an absolute URL, still percent-encoded. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.indexOf("?", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}
