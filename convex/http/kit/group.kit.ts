import type { Contract, Docs, Method, Spec } from "./contract.kit";
import type { Checked } from "./mistakes.kit";

/** The options that the routes of a group share. A route may override each of them. */
type Shared = Partial<
  Pick<
    Spec,
    | "scope"
    | "credential"
    | "anonymous"
    | "rateLimit"
    | "unlimited"
    | "timeoutMs"
    | "cache"
    | "claims"
    | "needs"
    | "deprecated"
  >
> & { tag?: string };

/** The spec of a route in a group: what the group shares may be left out. */
type GroupSpec = Omit<Spec, "scope" | "docs"> &
  Partial<Pick<Spec, "scope">> & { docs: () => Omit<Docs, "tag"> & Partial<Pick<Docs, "tag">> };

/** The whole spec of a route in a group. */
type Merged<G extends Shared, S extends GroupSpec> = Omit<G, keyof S | "tag"> &
  Omit<S, "docs"> & { docs: () => ReturnType<S["docs"]> & { tag: string } };

/** The same type for a compiler that cannot see that it is a spec. `CheckedIn` checks this for each route. */
type Whole<G extends Shared, S extends GroupSpec> = Merged<G, S> extends infer W extends Spec ? W : never;

/** A sentence for the compiler if neither the group nor the route has something that a contract needs. */
type Missing<G extends Shared, S extends GroupSpec> =
  | (G extends { scope: unknown }
      ? never
      : S extends { scope: unknown }
        ? never
        : "Neither the group nor the route has a scope")
  | (G extends { tag: string }
      ? never
      : ReturnType<S["docs"]> extends { tag: string }
        ? never
        : "Neither the group nor the docs of the route have a tag")
  | (Exclude<keyof G, keyof Shared> extends never
      ? never
      : `A group has no option ${Exclude<keyof G, keyof Shared> & string}`);

type CheckedIn<M extends Method, Path extends string, G extends Shared, S extends GroupSpec> = [
  Missing<G, S>,
] extends [never]
  ? Merged<G, S> extends infer W extends Spec
    ? Checked<M, Path, W>
    : unknown
  : Missing<G, S>;

/**
 * Returns a function like `contract` for routes that share a prefix and options, such as the routes of a version, which may share
 * a scope, a tag, a rate limit, or their deprecation. The table of routes names the whole path.
 *
 * @param prefix The beginning of each path. It may have names, as in `/api/v2/shops/:shop`, which each route lists in `params`.
 * @example
 * const v2 = group("/api/v2", () => ({ scope: "items:read", tag: "Items", rateLimit: { bucket: "v2", perMinute: 60 } }));
 *
 * export const getItemV2 = v2("get", "/items/:itemId", () => ({
 *   operationId: "getItemV2",
 *   params: { itemId: id() },
 *   docs: docsOnly(() => ({ summary: "Fetch one item", description: "…", replies: { 200: Item() } })),
 * }));
 */
export function group<const Prefix extends `/${string}`, const G extends Shared>(
  prefix: Prefix,
  shared: () => G,
) {
  return <const M extends Method, const Path extends `/${string}` | "", const S extends GroupSpec>(
    method: M,
    path: Path,
    spec: () => S & CheckedIn<M, `${Prefix}${Path}`, G, S>,
  ): Contract<M, `${Prefix}${Path}`, Whole<G, S>> => {
    const whole = () => {
      const { tag, ...options } = shared();
      const own = spec();
      // `docsOnly` returns nothing in the bundle for Convex.
      const docs = own.docs as (() => object) | undefined;
      const taggedDocs = docs && (() => ({ tag, ...docs() }));
      // `CheckedIn` checks that the group and the route together have all that a contract needs.
      return { ...options, ...own, docs: taggedDocs } as unknown as Whole<G, S>;
    };
    return { method, path: `${prefix}${path}`, spec: whole };
  };
}
