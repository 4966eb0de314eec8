/** The parts of the server that Convex's own tools reach through the API port. */
import type { Provider } from "../auth/authProviders";
import type { Environment } from "../environment/environment";
import type { Engine } from "../exec/engine";
import type { ExecutionLog } from "../exec/executionLog";
import type { LoadedFunction } from "../exec/loadedFunction";
import type { Exports } from "../exchange/server/exports";
import type { Imports } from "../exchange/server/imports";
import type { LoadedProject } from "../runtime/components";
import type { PushedProject } from "../runtime/pushedProject";
import type { ComponentSchema, DiskStore } from "../store/types";

/** A pushed project that is not in service yet. */
export interface EvaluatedProject extends LoadedProject {
  /** The schemas of all components, including the runtime's own tables. */
  readonly schemas: readonly ComponentSchema[];
  readonly providers: readonly Provider[];
}

export interface InlineQuery {
  readonly engine: Engine;
  readonly fn: LoadedFunction;
}

/** Puts pushed functions into service. */
export interface PushTarget {
  /** The project in service if it was pushed, `null` if it is the folder's. */
  readonly pushed: PushedProject | null;
  /** Builds a project without serving it. @throws the error of a broken module. */
  evaluate(project: PushedProject): Promise<EvaluatedProject>;
  /** Rejects with `SchemaRefused` if documents do not match. Changes nothing. */
  checkSchemas(schemas: readonly ComponentSchema[]): Promise<void>;
  /** Fills the indexes that the schemas add, so that serving them takes less time. See `DiskStore.fillIndexes`. */
  fillIndexes(schemas: readonly ComponentSchema[]): Promise<void>;
  /** Serves a project from the next execution on, now and after a restart. If it rejects, nothing has changed. */
  servePush(project: PushedProject): Promise<void>;
}

export interface Deployment {
  /** Returns the build in service. */
  readonly engine: () => Engine;
  /** The operator's key; see `adminKey.ts`. */
  readonly adminKey: string;
  readonly environment: Environment;
  readonly pushes: PushTarget;
  readonly executionLog: ExecutionLog;
  readonly exports: Exports;
  readonly imports: Imports;
  /** See `DiskStore.readChanges`. `null` if no change log is kept. */
  readonly readChanges: DiskStore["readChanges"] | null;
  readonly metrics: {
    /** True to serve the metrics without the admin key to programs on this machine. */
    readonly open: boolean;
    /** Returns the metrics in the text format of Prometheus. Never rejects. */
    readonly text: () => Promise<string>;
  };
  /** Aborts when the server stops, so that requests that wait are answered. */
  readonly closing: AbortSignal;
  /**
   * Builds a query from a module's source without serving it.
   *
   * @param component the component whose data it reads. @returns the query, and the engine that runs it.
   * @throws Error if the source does not build or its default export is not a query.
   */
  readonly inlineQuery: (source: string, component: string) => Promise<InlineQuery>;
  /**
   * Sets variables by name, or removes them with `null`, for every function that starts from now on. All changes apply, or none.
   *
   * @throws the error of a build with the variables, and of the environment if it cannot store them.
   */
  readonly changeVariables: (changes: ReadonlyMap<string, string | null>) => Promise<void>;
}
