import type { Registry } from "./api.kit";
import type { Contract, Method, Spec } from "./contract.kit";

/** Adds the routes of a resource: `items` of `items.routes.ts`. */
export type Register = (api: Registry) => void;

/** A resource as the table of routes knows it. */
export type Resource = {
  /** The method and path of each route, such as `GET /api/keys/:id`. */
  readonly routes: readonly string[];
  /** Loads the contracts and handlers. */
  readonly load: () => Register | Promise<Register>;
};

/** The method and path of each contract that a module exports. */
type RouteOf<Module> = {
  [Name in keyof Module]: Module[Name] extends Contract<
    infer M extends Method,
    infer Path extends string,
    Spec
  >
    ? `${Uppercase<M>} ${Path}`
    : never;
}[keyof Module];

/** `unknown` if the routes are complete. Else a sentence, which the compiler shows in its error. */
type Complete<Module, Routes extends readonly string[]> = [Exclude<RouteOf<Module>, Routes[number]>] extends [
  never,
]
  ? unknown
  : `The table lacks ${Exclude<RouteOf<Module>, Routes[number]>}`;

type Entry<Module> = <const Routes extends readonly RouteOf<Module>[]>(
  routes: Routes & Complete<Module, Routes>,
  load: Resource["load"],
) => Resource;

/**
 * Names the routes of a resource in the table that every request loads. The compiler compares them with the contracts of the
 * module, so a route that is missing here, or has another path, does not compile. There are two calls, because the compiler
 * cannot infer the second type of one call.
 *
 * The routes are a list of texts because every request on Convex evaluates the table: V8 makes such a list five times as fast as an
 * object of the same texts.
 *
 * @example
 * import type * as items from "./items/items.contract";
 *
 * // The second argument imports the handlers.
 * resource<typeof items>()(["GET /api/items"], async () => (await import("./items/items.routes")).items);
 */
export const resource = <Module>(): Entry<Module> => entry;

const entry = (routes: readonly string[], load: Resource["load"]): Resource => ({ routes, load });

/** The method and path of a plain route, such as `GET /robots.txt` or `POST /legacy/*`. */
export type PlainName = `${Uppercase<Method>} /${string}`;

/**
 * Names plain routes in the table that every request loads (`RESOURCES` in `api.routes.ts`).
 *
 * @param load Imports the handlers: `async () => (await import("./robots/robots.routes")).robots`.
 * @example
 * plainResource(["GET /robots.txt"], async () => (await import("./robots/robots.routes")).robots);
 */
export function plainResource(routes: readonly PlainName[], load: Resource["load"]): Resource {
  return { routes, load };
}
