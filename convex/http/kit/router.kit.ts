import { httpActionGeneric, HttpRouter, ROUTABLE_HTTP_METHODS, type RoutableMethod } from "convex/server";
import { HttpRouterWithHono, normalizeMethod, type HonoWithConvex } from "convex-helpers/server/hono";
import type { Result, Router } from "hono/router";
import type { Variables } from "./env.kit";
import type { ActionCtx } from "./product.kit";

type ApiApp = HonoWithConvex<ActionCtx, Variables>;

/**
 * A router that is cheap to build. Convex builds the router anew for each request, but Hono's own routers do preparatory work
 * that pays off only over many matches. The router caches its last match, because Convex calls `lookup` for a route and the
 * app then matches the same request again.
 *
 * It supports names for whole segments (`/api/items/:itemId`), and the bare `*` that `app.use` adds.
 */
export class MatchOnceRouter<T> implements Router<T> {
  name = "MatchOnceRouter";
  private readonly routes: [method: string, path: string, handler: T][] = [];
  private last: { method: string; path: string; result: Result<T> } | undefined;

  add(method: string, path: string, handler: T): void {
    this.routes.push([method, path, handler]);
    this.last = undefined;
  }

  match(method: string, path: string): Result<T> {
    if (this.last?.method !== method || this.last.path !== path) {
      this.last = { method, path, result: this.walk(method, path) };
    }
    return this.last.result;
  }

  /** Computes the result of `match` by testing every route. */
  walk(method: string, path: string): Result<T> {
    const segments = path.split("/");
    const matched: Result<T> = [[]];
    for (const [routeMethod, routePath, handler] of this.routes) {
      if (routeMethod !== method && routeMethod !== ALL) continue;
      const everything = routePath === "*" || routePath === "/*";
      const params = everything || routePath === path ? {} : named(routePath, segments);
      if (params) matched[0].push([handler, params]);
    }
    return matched;
  }
}

/** Returns the values of a path's names, or null if the path does not match. A name never matches an empty segment. */
function named(routePath: string, segments: readonly string[]): Record<string, string> | null {
  if (!routePath.includes(":")) return null;
  const names = routePath.split("/");
  if (names.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [at, name] of names.entries()) {
    const segment = segments[at] ?? "";
    if (name.startsWith(":") && segment !== "") params[name.slice(1)] = segment;
    else if (name !== segment) return null;
  }
  return params;
}

/** Returns the methods that have a route at a path; empty for an unknown path. GET includes HEAD. */
export function methodsAt(app: ApiApp, path: string): RoutableMethod[] {
  return ROUTABLE_HTTP_METHODS.filter((method) => app.router.match(method, path)[0].length > 0);
}

/**
 * `HttpRouterWithHono` with fixes. A request is looked up once, under its own method. The log and the dashboard show the
 * pattern of the route (`/api/items/:itemId`), and list only routes, not middleware. Routes added with Convex's own
 * `http.route()` still come first.
 */
export class ApiRouter extends HttpRouterWithHono<ActionCtx, Variables> {
  constructor(app: ApiApp) {
    super(app);
    const handler = httpActionGeneric((ctx, request) => Promise.resolve(app.fetch(request, ctx)));

    this.lookup = (path, method) => {
      const routable = normalizeMethod(method);
      // The app ignores one trailing slash (`strict: false`).
      const plain = path.replace(/(?<=.)\/$/, "");
      const match = app.router.match(routable, plain)[0].findLast(([[, route]]) => route.method !== ALL);
      // An unknown path may contain a secret and the pattern is logged, so the pattern of an unknown path is `/*`.
      return this.lookupConvex(path, routable) ?? [handler, routable, match?.[0][1].path ?? "/*"];
    };

    const everyRoute = this.getRoutes;
    this.getRoutes = () => {
      const middlewares = new Set<unknown>(app.routes.filter((r) => r.method === ALL).map((r) => r.handler));
      return everyRoute().filter(([, , routed]) => !middlewares.has(routed));
    };
  }

  /** The `lookup` of `HttpRouter`, which `HttpRouterWithHono` overrides. */
  private lookupConvex(path: string, method: RoutableMethod): ReturnType<HttpRouter["lookup"]> {
    if (this.exactRoutes.size + this.prefixRoutes.size === 0) return null;
    return Object.assign(new HttpRouter(), {
      exactRoutes: this.exactRoutes,
      prefixRoutes: this.prefixRoutes,
    }).lookup(path, method);
  }
}

/** The method that Hono gives to handlers added with `app.use`. */
const ALL = "ALL";
