/** The options of a server and their defaults. */
import { resolve } from "node:path";
import type { LogLine } from "../exec/logLine";
import type { Limits } from "../exec/limits";
import type { Asset } from "../http/assets";
import type { DiskHooks } from "../files/filesDisk";
import type { Timers } from "../jobs/timers";
import { nodeTimers } from "../jobs/timers";
import type { StoreHooks } from "../store/types";
import type { Lookup } from "../web/guardedFetch";
import type { GuardedFunctions } from "./guardedFunctions";

interface MetricsSettings {
  /** True to serve the metrics without the admin key to programs on this machine. Default false. */
  readonly open?: boolean;
  /** A query of the app that returns the app's own figures: `metrics:read`. Default none. */
  readonly query?: string | null;
}

export interface ServerOptions {
  /** The folder that holds `convex/`. */
  readonly project: string;
  /** The data directory, relative to `project`. Created if missing. */
  readonly data: string;
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** Default 3211; 0 for any free port. */
  readonly port?: number;
  /** The port of stored files and Convex's tools. Default 3210, or any free port if `port` is 0; 0 for any free port. */
  readonly apiPort?: number | undefined;
  /**
   * Origins whose pages may use the API port, in addition to pages on this machine and on the server's own origins; see
   * `originRule`. Default: the list in the variable `CONVEX_API_PORT_ORIGINS`.
   */
  readonly apiPortOrigins?: readonly string[] | undefined;
  /** The variables in the functions' `process.env`, except the settings of Convex's tools. Default: those of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A file with more variables, which take precedence. `npx convex env` edits it. It may be missing. Relative to `project`. */
  readonly envFile?: string;
  /** Files that the HTTP action port serves itself, before it calls functions. Default none. */
  readonly assets?: readonly Asset[];
  /** Receives the log lines of functions and of the runtime. Default: discards them. */
  readonly log?: (line: LogLine) => void;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number;
  /** The timers of the scheduler. Default Node's. */
  readonly timers?: Timers;
  /** How many trusted proxies in front of the server add the client to `X-Forwarded-For`. Default 0. */
  readonly trustProxy?: number;
  /** Limits for functions. Default Convex's limits. */
  readonly limits?: Partial<Limits>;
  /**
   * Milliseconds after which a function that never yields ends the process. Default `false`: never. The watchdog uses one
   * thread.
   */
  readonly watchdog?: number | false;
  /** Actions whose `fetch` connects only to public addresses. Default none. */
  readonly guardedFetch?: GuardedFunctions | null;
  /** `GET /metrics` on the API port. Default: with the admin key, without figures of the app. */
  readonly metrics?: MetricsSettings;
  /** True to keep a change log and to serve streaming export to connectors. Default false, which deletes the log. */
  readonly streamingExport?: boolean;
  /** True to keep the bundler's process alive for frequent calls of `reload`. */
  readonly watch?: boolean;
  /** Hooks for tests. */
  readonly hooks?: StoreHooks &
    DiskHooks & {
      /** Resolves the names that guarded actions connect to. */
      readonly lookup?: Lookup;
      /** The limit of all current results of live queries together, in characters. */
      readonly maxResultCharacters?: number;
    };
}

/** The options with all defaults filled in. */
export interface ServerSettings extends Required<
  Omit<ServerOptions, "apiPort" | "apiPortOrigins" | "data" | "envFile" | "hooks">
> {
  /** Absolute path of the project. */
  readonly project: string;
  /** Absolute path of the data directory. */
  readonly dataDirectory: string;
  /** Absolute path of the env file, `null` for none. */
  readonly envFile: string | null;
  readonly apiPort: number;
  /** `undefined` if the environment decides. */
  readonly apiPortOrigins: ServerOptions["apiPortOrigins"];
  readonly hooks: ServerOptions["hooks"];
}

const DEFAULT_PORT = 3211;
const DEFAULT_API_PORT = 3210;

export function withDefaults(options: ServerOptions): ServerSettings {
  const project = resolve(options.project);
  return {
    project,
    dataDirectory: resolve(project, options.data),
    host: options.host ?? "127.0.0.1",
    port: options.port ?? DEFAULT_PORT,
    apiPort: options.apiPort ?? (options.port === 0 ? 0 : DEFAULT_API_PORT),
    apiPortOrigins: options.apiPortOrigins,
    env: options.env ?? process.env,
    envFile: options.envFile === undefined ? null : resolve(project, options.envFile),
    assets: options.assets ?? [],
    log: options.log ?? (() => undefined),
    clock: options.clock ?? Date.now,
    timers: options.timers ?? nodeTimers,
    trustProxy: options.trustProxy ?? 0,
    limits: options.limits ?? {},
    watchdog: options.watchdog ?? false,
    guardedFetch: options.guardedFetch ?? null,
    metrics: options.metrics ?? {},
    streamingExport: options.streamingExport ?? false,
    watch: options.watch ?? false,
    hooks: options.hooks,
  };
}
