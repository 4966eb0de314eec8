/** Access to a build's modules. A server evaluates them in its own realm, the test harness in the realm of the test. */
import type { ConvexLibrary } from "./context/library";

/**
 * Maps positions in a bundle to source positions, in a stack trace or in a text that contains one. As on Convex, stack
 * traces omit the frames of this runtime and of Node.
 */
export type MapStack = (text: string) => string;

/** A module's exports by name. */
export type Namespace = Readonly<Record<string, unknown>>;

export interface Realm {
  /** The names of all modules of the build: `items`, `http/items`. They need not be evaluated yet. */
  readonly modules: readonly string[];
  readonly mapStack: MapStack;
  readonly library: ConvexLibrary;
  /** The `"use node"` files among the modules, `null` if there are none. They have their own copy of `convex`. */
  readonly node: { readonly modules: readonly string[]; readonly library: ConvexLibrary } | null;
  /** False if a module may be evaluated again. Its exports must not be cached then. */
  readonly fixed: boolean;
  /** Returns a module's exports. Evaluates it on first use. If evaluation fails, each call rejects with the error and its place. */
  load(module: string): Promise<Namespace>;
}
