import { httpActionGeneric, HttpRouter, type RoutableMethod } from "convex/server";
import { HttpRouterWithHono, normalizeMethod } from "convex-helpers/server/hono";
import type { Result, Router } from "hono/router";
import type { RouterRoute } from "hono/types";
import type { Api } from "./api.kit";
import type { Variables } from "./env.kit";
import type { ActionCtx } from "./product.kit";
import type { Match, RouteTable } from "./routeTable.kit";

/** Lets a Hono app route by the table. Each request has one handler, because Convex would rebuild a chain for each request. */
export class TableRouter<Handler> implements Router<[Handler, RouterRoute]> {
  name = "TableRouter";

  /** @param handlerOf Makes the handler of a route, or of a request without a route. */
  constructor(
    private readonly table: RouteTable,
    private readonly handlerOf: (match?: Match) => Handler,
  ) {}

  add(method: string, path: string): never {
    throw new Error(`Add ${method} ${path} to the table of routes, not to the Hono app`);
  }

  match(method: string, path: string): Result<[Handler, RouterRoute]> {
    const match = this.table.match(method, path);
    const handler = this.handlerOf(match);
    const route = { basePath: "/", path: match?.path ?? "/*", method, handler } as unknown as RouterRoute;
    return [[[[handler, route], match?.params ?? {}]]];
  }
}

/**
 * `HttpRouterWithHono` for an app whose router is a table. The log and the dashboard show the pattern of a route
 * (`/api/keys/:id`), and a request is looked up once. Routes added with Convex's own `http.route()` come first.
 */
export class ApiRouter extends HttpRouterWithHono<ActionCtx, Variables> {
  constructor(api: Api) {
    super(api.app);
    const handler = httpActionGeneric((ctx, request) => Promise.resolve(api.app.fetch(request, ctx)));

    this.lookup = (path, method) => {
      const routable = normalizeMethod(method);
      // The app ignores one slash at the end of a path.
      const plain = path.replace(/(?<=.)\/$/, "");
      // An unknown path may contain a secret and the pattern is logged, so the pattern of an unknown path is `/*`.
      const pattern = (): string => api.match(routable, plain)?.path ?? api.patternAt(plain) ?? "/*";
      return this.lookupConvex(path, routable) ?? [handler, routable, pattern()];
    };

    const listConvex = this.getRoutes;
    this.getRoutes = () => [
      ...listConvex(),
      ...api
        .routes()
        .map(([method, path]): [string, RoutableMethod, typeof handler] => [path, method, handler]),
    ];
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
