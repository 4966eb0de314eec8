/** What Convex's own tools find behind the API port. */
import type { Environment } from "../environment/environment";
import type { Engine } from "../exec/engine";

export interface Deployment {
  /** The build that serves now. */
  readonly engine: () => Engine;
  /** What the operator shows; see `adminKey.ts`. */
  readonly adminKey: string;
  readonly environment: Environment;
  /**
   * Sets variables by name, or with `null` removes them, for every function that starts from now on: all of them, or none.
   *
   * @throws what a build with them throws, and the environment if it cannot keep them.
   */
  readonly changeVariables: (changes: ReadonlyMap<string, string | null>) => Promise<void>;
}
