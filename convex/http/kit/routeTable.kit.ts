import { ROUTABLE_HTTP_METHODS, type RoutableMethod } from "convex/server";
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
 * Finds the route of a request. The first requests are compared with all routes: Convex evaluates the table anew for each request,
 * and preparatory work, such as that of Hono's own routers, pays off only over many matches. Later requests use an index. The last
 * result is cached, because Convex looks a request up before it runs the request, and a reply with 404 or 405 needs all methods
 * of the path.
 *
 * A path may have names for whole segments (`/api/keys/:id`), and `*` or `*name` as its last segment for any rest. An exact path
 * wins over a path with names: a method that only the path with names has gets the reply 405 there. Of two other paths, the first
 * segment that differs decides: a text comes before a name, and a name before `*`. The order of the table does not matter.
 */
export class RouteTable {
  private last: { method: string; path: string; match: Match | undefined } | undefined;
  private lastOfAll: { path: string; matches: Map<string, Match> } | undefined;
  private comparisons = 0;
  private index: RouteIndex | undefined;

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
    const matches = new Matches(path, beginning);
    if (++this.comparisons > MAX_UNINDEXED) {
      if (this.index?.resources !== this.resources.length) this.index = new RouteIndex(this.resources);
      for (const { resource, name } of this.index.candidates(path)) matches.compare(resource, name);
    } else {
      for (const resource of this.resources) {
        for (const name of resource.routes) matches.compare(resource, name);
      }
    }
    return matches.best;
  }

  /** Returns the method and path of every route. */
  list(): [method: RoutableMethod, path: string][] {
    const names = this.resources.flatMap(({ routes }) => routes);
    // `resource` compares the names with contracts, whose methods Convex can route.
    return names.map((name) => [methodOf(name) as RoutableMethod, pathOf(name)]);
  }
}

/**
 * The number of comparisons without an index. One request needs four at most: its route and the methods of its path, each by the
 * path as it arrived and by the decoded one.
 */
const MAX_UNINDEXED = 4;

/** The routes by their paths, up to the first name or `*`. */
class RouteIndex {
  /** The number of resources. A test may add some. */
  readonly resources: number;
  private readonly routes = new Map<string, { resource: Resource; name: string }[]>();
  /** The length of the longest key. */
  private longest = 0;

  constructor(resources: readonly Resource[]) {
    this.resources = resources.length;
    for (const resource of resources) {
      for (const name of resource.routes) {
        const firstOpen = firstOpenIn(name);
        const key = name.slice(name.indexOf("/"), firstOpen < 0 ? undefined : firstOpen + 1);
        this.longest = Math.max(this.longest, key.length);
        const routes = this.routes.get(key);
        if (routes) routes.push({ resource, name });
        else this.routes.set(key, [{ resource, name }]);
      }
    }
  }

  /** Returns the routes that may match a path: those with this path, and those that are open after one of its slashes. */
  candidates(path: string): { resource: Resource; name: string }[] {
    const candidates = [...(this.routes.get(path) ?? [])];
    // A path of a client may have thousands of slashes.
    const most = Math.min(this.longest, path.length - 1);
    for (let end = 1; end > 0 && end <= most; end = path.indexOf("/", end) + 1) {
      candidates.push(...(this.routes.get(path.slice(0, end)) ?? []));
    }
    return candidates;
  }
}

/** Compares routes with a path, and keeps the best route of each method. */
class Matches {
  private readonly exact = new Map<string, Match>();
  private readonly open = new Map<string, Match>();
  private readonly ending: string;
  private readonly segments: string[];

  /** @param beginning Routes whose names do not begin with this text are found only by their exact path. */
  constructor(
    private readonly path: string,
    private readonly beginning: string,
  ) {
    this.ending = ` ${path}`;
    this.segments = path.split("/");
  }

  compare(resource: Resource, name: string): void {
    const isExact = name.endsWith(this.ending);
    if (!isExact && !name.startsWith(this.beginning)) return;
    const firstOpen = firstOpenIn(name);
    if (firstOpen < 0) {
      if (isExact) this.exact.set(methodOf(name), { resource, name, path: this.path, params: {} });
      return;
    }
    // The part before the first name or `*` decides most cases without work on the segments.
    if (!this.path.startsWith(name.slice(name.indexOf("/"), firstOpen + 1))) return;
    const pattern = pathOf(name);
    const params = paramsOf(pattern, this.segments);
    const method = methodOf(name);
    const other = this.open.get(method);
    if (params && (!other || opennessOf(pattern) < opennessOf(other.path)))
      this.open.set(method, { resource, name, path: pattern, params });
  }

  /** The best route of each method. An exact path wins over all others. */
  get best(): Map<string, Match> {
    return this.exact.size > 0 ? this.exact : this.open;
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
