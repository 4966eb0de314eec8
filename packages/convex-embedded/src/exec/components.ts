/** The components of a build. */
import type { Modules } from "./modules";

/** Where HTTP requests go. Prefixes begin and end with a slash. */
export interface HttpMounts {
  /** The prefix of the app's own routes, `null` without one. Always `null` in components. */
  readonly prefix: string | null;
  /** The component's children whose routes are served, by their paths. Prefixes are relative to the component's own. */
  readonly mounts: readonly (readonly [prefix: string, component: string])[];
}

/** One mounted component, or the app itself. */
export interface Component {
  /** `""` for the app, `rateLimiter`, `rateLimiter/batchWorker`. The path is the namespace of the component's tables. */
  readonly path: string;
  readonly modules: Modules;
  /** The paths of the components that this one mounts, by the names that it gives them. */
  readonly children: ReadonlyMap<string, string>;
  /** Absent in the test harness, which serves only the app's routes. */
  readonly http?: HttpMounts;
}

/** All components by path. The app comes first. */
export type Components = ReadonlyMap<string, Component>;
