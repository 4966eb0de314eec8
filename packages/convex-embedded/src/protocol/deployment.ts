/** The parts of the server that Convex's own tools reach through the API port. */
import type { Environment } from "../environment/environment";
import type { Engine } from "../exec/engine";

export interface Deployment {
  /** Returns the build in service. */
  readonly engine: () => Engine;
  /** The operator's key; see `adminKey.ts`. */
  readonly adminKey: string;
  readonly environment: Environment;
  /**
   * Sets variables by name, or removes them with `null`, for every function that starts from now on. All changes apply, or none.
   *
   * @throws the error of a build with the variables, and of the environment if it cannot store them.
   */
  readonly changeVariables: (changes: ReadonlyMap<string, string | null>) => Promise<void>;
}
