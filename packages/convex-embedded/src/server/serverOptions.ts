/** What a server is started with, and what counts where nothing is said. */
import { resolve } from "node:path";
import type { LogLine } from "../exec/logLine";
import type { Limits } from "../exec/limits";
import type { Asset } from "../http/assets";
import type { DiskHooks } from "../files/filesDisk";
import type { Timers } from "../jobs/timers";
import { nodeTimers } from "../jobs/timers";
import type { StoreHooks } from "../store/types";

export interface ServerOptions {
  /** The folder that holds `convex/`. */
  readonly project: string;
  /** The data directory, made if missing. Relative to `project`. */
  readonly data: string;
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** Default 3211; 0 for any free port. */
  readonly port?: number;
  /** The port of stored files and of Convex's tools. Default 3210, or any free one where `port` is; 0 for any free port. */
  readonly apiPort?: number | undefined;
  /**
   * Origins whose pages may use the API port beside pages on this machine and on the server's own origins; see
   * `originRule`. Default: the list in the variable `CONVEX_API_PORT_ORIGINS`.
   */
  readonly apiPortOrigins?: readonly string[] | undefined;
  /** What functions find in `process.env`, without what configures Convex's tools. Default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** A file with more of them, which win, and where `npx convex env` sets them. It may be missing. Relative to `project`. */
  readonly envFile?: string;
  /** Files that the port of the HTTP actions answers itself, before functions are asked. Default none. */
  readonly assets?: readonly Asset[];
  /** Where the lines of functions and of the runtime go. Default: nowhere. */
  readonly log?: (line: LogLine) => void;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number;
  /** What the scheduler waits with. Default Node's. */
  readonly timers?: Timers;
  /** How many proxies of one's own stand before the server, which then names the client in `X-Forwarded-For`. Default 0. */
  readonly trustProxy?: number;
  /** What functions may do. Default Convex's limits. */
  readonly limits?: Partial<Limits>;
  /**
   * Milliseconds after which a function that never yields ends the process; `false`, the default, for never. It costs a
   * thread.
   */
  readonly watchdog?: number | false;
  /** True if `reload` will be called often, which keeps the bundler's process alive. */
  readonly watch?: boolean;
  /** Where to call in from a test. */
  readonly hooks?: StoreHooks & DiskHooks;
}

/** The options with nothing left open. */
export interface ServerSettings extends Required<
  Omit<ServerOptions, "apiPort" | "apiPortOrigins" | "data" | "envFile" | "hooks">
> {
  /** Absolute. */
  readonly project: string;
  /** Absolute. */
  readonly dataDirectory: string;
  /** Absolute, `null` for none. */
  readonly envFile: string | null;
  readonly apiPort: number;
  /** `undefined` where the environment says. */
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
    watch: options.watch ?? false,
    hooks: options.hooks,
  };
}
