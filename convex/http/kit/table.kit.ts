import type { Registry } from "./api.kit";
import type { AnyContract, Contract, Method, Spec } from "./contract.kit";

/** Adds the routes of a resource: `items` of `items.routes.ts`. */
export type Register = (api: Registry) => void;

/** A resource as the table of routes knows it. */
export type Resource = {
  /** The method and path of each route, such as `GET /api/items/:itemId`, by any name. */
  readonly routes: Readonly<Record<string, string>>;
  /** Loads the contracts and handlers. */
  readonly load: () => Register | Promise<Register>;
};

/** The method and path of each contract that a module exports, by the contract's name. */
export type RoutesOf<Module> = {
  readonly [
    Name in keyof Module as Module[Name] extends AnyContract ? Name : never
  ]: Module[Name] extends Contract<infer M extends Method, infer Path extends string, Spec>
    ? `${Uppercase<M>} ${Path}`
    : never;
};

/**
 * Names the routes of a resource in the table that every request loads. The compiler compares the names with the contracts, so
 * a route that is missing here, or has another path, does not compile.
 *
 * @param load Imports the handlers: `async () => (await import("./items/items.routes")).items`.
 * @example
 * import type * as items from "./items/items.contract";
 *
 * resource<typeof items>({ listItems: "GET /api/items" }, async () => (await import("./items/items.routes")).items);
 */
export function resource<Contracts>(routes: RoutesOf<Contracts>, load: Resource["load"]): Resource {
  return { routes, load };
}
