/** The components of a build. */
import type { Modules } from "./modules";

/** One mounted component, or the app itself. */
export interface Component {
  /** `""` for the app, `rateLimiter`, `rateLimiter/batchWorker`. The path is the namespace of the component's tables. */
  readonly path: string;
  readonly modules: Modules;
  /** The paths of the components that this one mounts, by the names that it gives them. */
  readonly children: ReadonlyMap<string, string>;
}

/** All components by path. The app comes first. */
export type Components = ReadonlyMap<string, Component>;
