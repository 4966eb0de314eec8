/** A build's modules as executions need them, wherever they are evaluated: in a realm of a server, or in the one of a test. */
import type { ConvexLibrary } from "./context/library";

/**
 * Rewrites the positions of a bundle in a text, which may be a stack trace or contain one. Of a trace through functions
 * the frames of this runtime and of Node are left out, as they are on Convex.
 */
export type MapStack = (text: string) => string;

/** What a module exports, by name. */
export type Namespace = Readonly<Record<string, unknown>>;

export interface Realm {
  /** All modules of the build, `items` or `http/items`, whether evaluated or not. */
  readonly modules: readonly string[];
  readonly mapStack: MapStack;
  readonly library: ConvexLibrary;
  /** False where a module may be evaluated again, so that nothing of it may be kept. */
  readonly fixed: boolean;
  /** A module's exports; evaluates it if nobody did. Rejects, each time, with what its evaluation threw, and where. */
  load(module: string): Promise<Namespace>;
}
