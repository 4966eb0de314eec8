import type { HonoBase } from "hono/hono-base";
import type { RouterRoute } from "hono/types";
import type { AnyContract, Method, Spec } from "./contract.kit";
import type { ApiContext, ApiEnv } from "./env.kit";
import type { Validator } from "./validate.kit";

/** A contract and its handler. */
export type Route = { contract: AnyContract; handle: (c: ApiContext) => Promise<Response> };

/** A route with its evaluated contract, as the steps of the pipeline use it. */
export type Endpoint = Spec & {
  method: Method;
  path: string;
  handle: Route["handle"];
  validators?: Validator[];
};

/** The steps of every request. The endpoint is undefined for an unknown path or method. */
export type Pipeline = (c: ApiContext, endpoint: Endpoint | undefined) => Promise<Response>;

/**
 * The app under construction: the same pipeline runs every route.
 *
 * Each route has one Hono handler instead of a middleware chain, because on Convex every request would rebuild the chain.
 */
export class Api {
  /** In the order in which they were added; the OpenAPI document and the security suite read them. */
  readonly contracts: AnyContract[] = [];

  constructor(
    readonly app: HonoBase<ApiEnv>,
    private readonly pipeline: Pipeline,
  ) {
    app.notFound((c) => pipeline(c, undefined));
  }

  add({ contract, handle }: Route): void {
    const { path, spec } = contract;
    const method = contract.method.toUpperCase();
    // Built by the route's first request and reused by later ones. On Convex, a module instance serves only one request.
    let endpoint: Endpoint | undefined;
    const handler = (c: ApiContext) =>
      this.pipeline(c, (endpoint ??= { ...spec(), method: contract.method, path, handle }));
    // Same as `app.on`, without the path processing that it would repeat for every route on every request.
    const route: RouterRoute = { basePath: "/", path, method, handler };
    this.app.router.add(method, path, [handler, route]);
    this.app.routes.push(route);
    this.contracts.push(contract);
  }
}
