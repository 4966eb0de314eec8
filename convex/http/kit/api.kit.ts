import { HonoBase } from "hono/hono-base";
import type { AnyContract, Method, Spec } from "./contract.kit";
import type { ApiContext, ApiEnv } from "./env.kit";
import { fail, type ActionCtx } from "./product.kit";
import { RouteTable, type Match } from "./routeTable.kit";
import { TableRouter } from "./router.kit";
import type { PlainRoute } from "./plain.kit";
import type { Resource } from "./table.kit";

/** A contract and its handler. */
export type Route = { contract: AnyContract; handle: (c: ApiContext) => Promise<Response> };

/** Takes the routes of a resource. */
export type Registry = { add: (route: Route | PlainRoute) => void };

/** A route with its evaluated contract, as the steps of the pipeline use it. */
export type Endpoint = Omit<Spec, "docs"> & {
  method: Method;
  path: string;
  handle: Route["handle"];
  /** The route has no contract: its handler reads the request by itself. */
  plain?: true;
};

/** A route of the table. Its endpoint is loaded when a request needs it. */
export type TableRoute = { readonly path: string; endpoint: () => Endpoint | Promise<Endpoint> };

/** The steps of every request. The route is undefined for an unknown path or method. */
export type Pipeline = (c: ApiContext, route: TableRoute | undefined) => Promise<Response>;

/**
 * The app: a table of routes, and the one pipeline that runs each of them.
 *
 * Convex evaluates `http.ts` and its imports anew for each request. So the table holds only methods and paths, and the contracts
 * and handlers of a resource are loaded by the requests to its routes.
 */
export class Api implements Registry {
  /** The Hono app. Its router is the table. */
  readonly app: HonoBase<ApiEnv>;
  private readonly resources: Resource[];
  private readonly table: RouteTable;
  /** Loaded routes by their names in the table. On Convex, a module instance serves only one request. */
  private readonly loaded = new Map<string, Endpoint>();

  constructor(resources: readonly Resource[], pipeline: Pipeline) {
    this.resources = [...resources];
    this.table = new RouteTable(this.resources);
    const handlerOf = (match?: Match) => (c: ApiContext) => pipeline(c, match && this.routeOf(match));
    this.app = new HonoBase<ApiEnv>({ router: new TableRouter(this.table, handlerOf), strict: false });
    // The pipeline answers errors. Others are defects, which Convex logs.
    this.app.onError((error) => {
      throw error;
    });
  }

  /** Answers a request. HEAD is answered like GET, without the body. */
  async fetch(request: Request, env: ActionCtx): Promise<Response> {
    return this.app.fetch(request, env);
  }

  /** Returns the route for a method and a path. The path must not end with a slash. */
  match(method: string, path: string): Match | undefined {
    return this.table.match(method, path);
  }

  /** Returns the methods that have a route at a path; empty for an unknown path. */
  methodsAt(path: string): string[] {
    return this.table.methodsAt(path);
  }

  /**
   * Returns the pattern of the routes at a path (`/api/keys/:id`), whatever their methods; undefined for an unknown path.
   *
   * @param asked the method that a preflight asks for, which comes first.
   */
  patternAt(path: string, asked?: string | null): string | undefined {
    // The app ignores one slash at the end of a path.
    return this.table.patternAt(path.replace(/(?<=.)\/$/, ""), asked);
  }

  /** Returns the method and path of every route. */
  routes(): ReturnType<RouteTable["list"]> {
    return this.table.list();
  }

  /** Adds a route that is already loaded, such as a route of a test. */
  add(route: Route | PlainRoute): void {
    this.resources.push({ routes: [nameOfRoute(route)], load: () => (api) => api.add(route) });
  }

  /** Loads the contracts of all resources, in the order of the table. Plain routes have none. */
  async contracts(): Promise<AnyContract[]> {
    const all: AnyContract[] = [];
    for (const { load } of this.resources) {
      const register = await load();
      register({
        add: (route) => {
          if ("contract" in route) all.push(route.contract);
        },
      });
    }
    return all;
  }

  private routeOf({ resource, name, path }: Match): TableRoute {
    return { path, endpoint: () => this.loaded.get(name) ?? this.load(resource, name) };
  }

  private async load({ load }: Resource, name: string): Promise<Endpoint> {
    const register = await load();
    register({
      add: (route) => {
        // Evaluates the contract of the requested route only.
        if (nameOfRoute(route) !== name) return;
        if (!("contract" in route)) {
          this.loaded.set(name, route.endpoint);
          return;
        }
        const { contract, handle } = route;
        const { method, path, spec } = contract;
        this.loaded.set(name, { ...spec(), method, path, handle });
      },
    });
    return (
      this.loaded.get(name) ?? fail("internal", `The table names ${name}, but its resource does not have it`)
    );
  }
}

/** The name of a route in the table: `GET /api/keys/:id`. */
export const nameOf = ({ method, path }: AnyContract): string => `${method.toUpperCase()} ${path}`;

const nameOfRoute = (route: Route | PlainRoute): string =>
  "contract" in route ? nameOf(route.contract) : route.name;
