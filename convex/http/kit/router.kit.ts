import { httpActionGeneric, HttpRouter, ROUTABLE_HTTP_METHODS, type RoutableMethod } from "convex/server";
import { HttpRouterWithHono, normalizeMethod, type HonoWithConvex } from "convex-helpers/server/hono";
import type { Result } from "hono/router";
import { LinearRouter } from "hono/router/linear-router";
import type { ActionCtx } from "../../_generated/server";
import type { Variables } from "./env.kit";

type ApiApp = HonoWithConvex<ActionCtx, Variables>;

/**
 * Hono's `LinearRouter`, which remembers its last match: Convex asks `lookup` for a route and then hands the same request
 * to the app, which asks again.
 *
 * Linear, because a router lives for one request on Convex: adding a route must be cheap, matching happens once.
 */
export class MatchOnceRouter<T> extends LinearRouter<T> {
  override name = "MatchOnceRouter";
  private last: { method: string; path: string; result: Result<T> } | undefined;

  override match(method: string, path: string): Result<T> {
    if (this.last?.method === method && this.last.path === path) return this.last.result;
    const result = super.match(method, path);
    this.last = { method, path, result };
    return result;
  }
}

/** The methods that some route answers at a path; empty for an unknown path. GET stands for HEAD too. */
export function methodsAt(app: ApiApp, path: string): RoutableMethod[] {
  return ROUTABLE_HTTP_METHODS.filter((method) => app.router.match(method, path)[0].length > 0);
}

/**
 * `HttpRouterWithHono`, mended: it looks a request up once, under its own method; the log and the dashboard see the
 * pattern of the route (`/api/items/:itemId`), and only routes that exist, not the middlewares. Routes added with Convex's
 * own `http.route()` still come first.
 */
export class ApiRouter extends HttpRouterWithHono<ActionCtx, Variables> {
  constructor(app: ApiApp) {
    super(app);
    const handler = httpActionGeneric((ctx, request) => Promise.resolve(app.fetch(request, ctx)));

    this.lookup = (path, method) => {
      const routable = normalizeMethod(method);
      const match = app.router.match(routable, path)[0].findLast(([[, route]]) => route.method !== ALL);
      return this.lookupConvex(path, routable) ?? [handler, routable, match?.[0][1].path ?? path];
    };

    const everyRoute = this.getRoutes;
    this.getRoutes = () => {
      const middlewares = new Set<unknown>(app.routes.filter((r) => r.method === ALL).map((r) => r.handler));
      return everyRoute().filter(([, , routed]) => !middlewares.has(routed));
    };
  }

  /** The look-up of `HttpRouter` itself, which the class between hides. */
  private lookupConvex(path: string, method: RoutableMethod): ReturnType<HttpRouter["lookup"]> {
    if (this.exactRoutes.size + this.prefixRoutes.size === 0) return null;
    return Object.assign(new HttpRouter(), {
      exactRoutes: this.exactRoutes,
      prefixRoutes: this.prefixRoutes,
    }).lookup(path, method);
  }
}

/** How Hono marks what `app.use` adds. */
const ALL = "ALL";
