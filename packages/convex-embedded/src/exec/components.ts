/** The components of a build. */
import type { Modules } from "./modules";

/** One mounted component, or the app itself. */
export interface Component {
  /** `""` for the app, `rateLimiter`, `rateLimiter/batchWorker`. Its tables are kept under it. */
  readonly path: string;
  readonly modules: Modules;
  /** The paths of what it mounts itself, by the names that it calls them. */
  readonly children: ReadonlyMap<string, string>;
}

/** By path, the app first. */
export type Components = ReadonlyMap<string, Component>;
