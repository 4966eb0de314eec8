import type { Components } from "./components";
import type { Modules } from "./modules";
import type { Auth } from "./auth";
import type { FileStorage } from "../files/fileStorage";
import type { Store } from "../store/types";
import type { CreationTimes } from "../store/creationTimes";
import type { ExecutionLog } from "./executionLog";
import type { Limits } from "./limits";
import type { LogLine } from "./logLine";
import type { QueryCache } from "./queryCache";
import type { TokenSigner } from "./tokenSigner";
import type { VectorIndexes } from "./vectorIndexes";

/** The state that executions share: one server's store and one build of its functions. */
export interface Engine {
  readonly store: Store;
  /** The app's own functions. Same as `components.get("").modules`. */
  readonly modules: Modules;
  readonly components: Components;
  readonly creationTimes: CreationTimes;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: (line: LogLine) => void;
  /** Woken when a commit may have added scheduled functions. */
  readonly scheduler: { wake(): void };
  readonly vectors: VectorIndexes;
  readonly files: FileStorage;
  readonly auth: Auth;
  readonly tokens: TokenSigner;
  readonly limits: Limits;
  /** Absent in the test harness: a test may replace functions, so cached results could be wrong. */
  readonly queryCache?: QueryCache;
  /** Absent in the test harness. */
  readonly executionLog?: ExecutionLog;
  /** The number of trusted reverse proxies in front of the server. */
  readonly trustProxy: number;
  /** The `fetch` of guarded actions, by the action's path: `webhooks:send`. Other actions use Node's. */
  readonly guardedFetch?: ReadonlyMap<string, typeof fetch>;
  /**
   * True in the test harness, whose suites expect the behavior of `convex-test`: scheduled functions are looked up when they
   * run, and their jobs are named as in `convex-test`.
   */
  readonly harness?: boolean;
}
