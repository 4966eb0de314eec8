import type { Components } from "./components";
import type { Modules } from "./modules";
import type { Auth } from "./auth";
import type { FileStorage } from "../files/fileStorage";
import type { Store } from "../store/types";
import type { CreationTimes } from "../store/creationTimes";
import type { Limits } from "./limits";
import type { LogLine } from "./logLine";
import type { QueryCache } from "./queryCache";

/** What executions share: one server's store and one build of its functions. */
export interface Engine {
  readonly store: Store;
  /** The app's own functions, which are also those of `components.get("")`. */
  readonly modules: Modules;
  readonly components: Components;
  readonly creationTimes: CreationTimes;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: (line: LogLine) => void;
  /** Told when a commit may have added scheduled functions. */
  readonly scheduler: { wake(): void };
  readonly files: FileStorage;
  readonly auth: Auth;
  readonly limits: Limits;
  /** Where results of queries are kept; nowhere in the test harness, whose functions a test may replace. */
  readonly queryCache?: QueryCache;
  /** How many proxies of one's own stand before the server. */
  readonly trustProxy: number;
  /**
   * True in the test harness, whose suites were written for the official mock: functions that are scheduled are looked
   * for when they run, and their jobs have the names that the suites know.
   */
  readonly harness?: boolean;
}
