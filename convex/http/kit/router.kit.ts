import { httpActionGeneric, HttpRouter, ROUTABLE_HTTP_METHODS, type RoutableMethod } from "convex/server";
import { HttpRouterWithHono, normalizeMethod } from "convex-helpers/server/hono";
import type { Result, Router } from "hono/router";
import type { RouterRoute } from "hono/types";
import type { Api } from "./api.kit";
import type { Variables } from "./env.kit";
import type { ActionCtx } from "./product.kit";
import type { Resource } from "./table.kit";

type Params = Record<string, string>;

/** A route of the table that matches a request. */
export type Match = {
  resource: Resource;
  /** The method and path as in the table: `GET /api/keys/:id`. */
  name: string;
  /** The path as in the table: `/api/keys/:id`. */
  path: string;
  /** The texts that the path's names stand for, still percent-encoded. */
  params: Params;
};

/**
 * Finds the route of a request. The table needs no preparation: Convex evaluates it anew for each request, and Hono's own routers
 * do preparatory work that pays off only over many matches. The last result is cached, because Convex looks a request up before
 * it runs the request, and a reply with 404 or 405 needs all methods of the path.
 *
 * A path may have names for whole segments (`/api/keys/:id`), and `*` or `*name` as its last segment for any rest. An exact path
 * wins over a path with names: a method that only the path with names has gets the reply 405 there. Of two other paths, the first
 * segment that differs decides: a text comes before a name, and a name before `*`. The order of the table does not matter.
 */
export class RouteTable {
  private last: { method: string; path: string; match: Match | undefined } | undefined;
  private lastOfAll: { path: string; matches: Map<string, Match> } | undefined;

  constructor(private readonly resources: readonly Resource[]) {}

  /** Returns the route of a method and a path. */
  match(method: string, path: string): Match | undefined {
    if (this.last?.method !== method || this.last.path !== path) {
      const name = `${method} ${path}`;
      const match = this.exactMatch(name, path) ?? this.compare(path, `${method} `).get(method);
      this.last = { method, path, match };
    }
    return this.last.match;
  }

  /** Returns the methods that have a route at a path; empty for an unknown path. GET includes HEAD. */
  methodsAt(path: string): RoutableMethod[] {
    return ROUTABLE_HTTP_METHODS.filter((method) => this.matchesAt(path).has(method));
  }

  /**
   * Returns the path as in the table (`/api/keys/:id`), also for a method without a route there; undefined for an unknown
   * path.
   *
   * @param asked the method that a preflight asks for, which comes first.
   */
  patternAt(path: string, asked?: string | null): string | undefined {
    const matches = this.matchesAt(path);
    const method = [asked ?? "", ...ROUTABLE_HTTP_METHODS].find((one) => matches.has(one));
    return method === undefined ? undefined : matches.get(method)?.path;
  }

  /** Returns the route of this name. Comparing whole texts is so fast that most requests need no other comparison. */
  private exactMatch(name: string, path: string): Match | undefined {
    if (firstOpenIn(path) >= 0) return undefined;
    for (const resource of this.resources) {
      if (resource.routes.includes(name)) return { resource, name, path, params: {} };
    }
    return undefined;
  }

  /** Returns the route of each method at a path. */
  private matchesAt(path: string): Map<string, Match> {
    if (this.lastOfAll?.path !== path) this.lastOfAll = { path, matches: this.compare(path) };
    return this.lastOfAll.matches;
  }

  /**
   * Compares a path with the routes. Returns the route of each method. Use `match`, which keeps the last result.
   *
   * @param beginning Routes whose names do not begin with this text are found only by their exact path.
   */
  compare(path: string, beginning = ""): Map<string, Match> {
    const exact = new Map<string, Match>();
    const open = new Map<string, Match>();
    const ending = ` ${path}`;
    const segments = path.split("/");
    for (const resource of this.resources) {
      for (const name of resource.routes) {
        const isExact = name.endsWith(ending);
        if (!isExact && !name.startsWith(beginning)) continue;
        const firstOpen = firstOpenIn(name);
        if (firstOpen < 0) {
          if (isExact) exact.set(methodOf(name), { resource, name, path, params: {} });
          continue;
        }
        // The part before the first name or `*` decides most cases without work on the segments.
        if (!path.startsWith(name.slice(name.indexOf("/"), firstOpen + 1))) continue;
        const pattern = pathOf(name);
        const params = paramsOf(pattern, segments);
        const method = methodOf(name);
        const other = open.get(method);
        if (params && (!other || opennessOf(pattern) < opennessOf(other.path)))
          open.set(method, { resource, name, path: pattern, params });
      }
    }
    return exact.size > 0 ? exact : open;
  }

  /** Returns the method and path of every route. */
  list(): [method: RoutableMethod, path: string][] {
    const names = this.resources.flatMap(({ routes }) => routes);
    // `resource` compares the names with contracts, whose methods Convex can route.
    return names.map((name) => [methodOf(name) as RoutableMethod, pathOf(name)]);
  }
}

/** Returns where the first name or `*` of a path begins, with its slash; -1 without one. In a table, `*` comes after all names. */
function firstOpenIn(path: string): number {
  // A cold regular expression takes longer than both searches.
  const name = path.indexOf("/:");
  return name < 0 ? path.indexOf("/*") : name;
}

const methodOf = (name: string): string => name.slice(0, name.indexOf(" "));

const pathOf = (name: string): string => name.slice(name.indexOf(" ") + 1);

const hasRest = (name: string): boolean => name.startsWith("/*", name.lastIndexOf("/"));

/** Returns a text that sorts after that of a path with a text where this one has a name, or a name where this one has `*`. */
const opennessOf = (name: string): string =>
  name.replaceAll(/\/[^/]*/g, ([, first]) => (first === "*" ? "2" : first === ":" ? "1" : "0"));

/**
 * Returns the values of a route's names, or null if the segments do not match. A name never matches an empty segment. A `*` at the
 * end matches every rest, which is the value of the name after `*`, or of the name `*`.
 */
function paramsOf(route: string, segments: readonly string[]): Params | null {
  const names = route.split("/");
  const rest = hasRest(route) ? names.pop() : undefined;
  if (rest ? segments.length <= names.length : segments.length !== names.length) return null;
  const params: Params = {};
  if (rest) {
    const value = segments.slice(names.length).join("/");
    if (rest !== "*" && value === "") return null;
    params[rest.slice(1) || "*"] = value;
  }
  for (const [at, name] of names.entries()) {
    const segment = segments[at] ?? "";
    if (name.startsWith(":") && segment !== "") params[name.slice(1)] = segment;
    else if (name !== segment) return null;
  }
  return params;
}

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
