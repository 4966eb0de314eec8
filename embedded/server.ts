/**
 * A project's functions, served by this process.
 *
 * ```ts
 * const server = await startServer({ project: process.cwd(), data: ".convex-embedded", port: 0 });
 * await fetch(`${server.url}/health`);
 * await server.run("items:create", { name: "bolt" });
 * await server.close();
 * ```
 */
import { resolve } from "node:path";
import type { Value } from "convex/values";
import { Builds } from "./builds";
import { Environment } from "./environment";
import type { Engine, LogLine } from "./exec/execution";
import { isFirstStart } from "./firstStart";
import { serveHttpAction } from "./http/action";
import type { Asset } from "./http/assets";
import { listenApi } from "./http/api";
import { bothPorts } from "./http/bothPorts";
import { listen } from "./http/server";
import { storageRoutes } from "./http/storage";
import { runAsOperator } from "./operator";
import { adminKeyOf } from "./protocol/adminKey";
import type { Deployment } from "./protocol/deployment";
import { protocolRoutes } from "./protocol/routes";
import { SyncSockets } from "./protocol/sockets";
import type { Limits } from "./exec/limits";
import type { DiskHooks } from "./services/filesDisk";
import type { Timers } from "./services/timers";
import { nodeTimers } from "./services/timers";
import { startWatchdog } from "./services/watchdog";
import type { StoreHooks } from "./store/types";

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
  readonly apiPort?: number;
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

export interface EmbeddedServer {
  /** Where HTTP actions are, without a trailing slash. */
  readonly url: string;
  /** Where stored files are, and what Convex's tools are to be pointed to, without a trailing slash. */
  readonly apiUrl: string;
  /** What such a tool has to show: `Authorization: Convex KEY`. It opens everything. */
  readonly adminKey: string;
  /** Absolute. */
  readonly dataDirectory: string;
  /** True until `finishFirstStart` was called for the data directory. */
  readonly firstStart: boolean;
  /** True if the project has a function of that name: `apiKeys:issue`. */
  has(path: string): Promise<boolean>;
  /**
   * Runs any function, internal ones too, as the operator.
   *
   * @param path `apiKeys:issue`. @param component the path of its component; default `""`, the app.
   * @throws ConvexError with its data, or an Error with the message of what the function threw.
   */
  run(path: string, args: Record<string, Value>, component?: string): Promise<Value>;
  /**
   * Builds the project again and serves the new build from the next request on. If it rejects, because a file is broken
   * or documents do not match the new schema, the last good build goes on serving.
   */
  reload(): Promise<void>;
  /**
   * Reads the env file again; functions see what it says from the next execution on. If it rejects, because a line is
   * broken or the functions do not build with it, the variables stay as they were.
   *
   * @returns the names of the variables that differ.
   */
  renewVariables(): Promise<readonly string[]>;
  /**
   * Resolves when no scheduled function and no cron job is due or running, and the bytes of deleted files are gone.
   * What is due later does not count.
   */
  idle(): Promise<void>;
  /** Finishes the requests and scheduled functions under way, for up to `graceMs` (default 4,000), commits and lets go of the data directory. */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_PORT = 3211;
const DEFAULT_API_PORT = 3210;
const DEFAULT_GRACE_MS = 4_000;

/**
 * Starts serving; resolves when requests are answered.
 *
 * @throws Error that says what to do: port or data directory in use, a broken file, documents that break the schema.
 */
export async function startServer(options: ServerOptions): Promise<EmbeddedServer> {
  const project = resolve(options.project);
  const dataDirectory = resolve(project, options.data);
  const host = options.host ?? "127.0.0.1";
  const log = options.log ?? (() => undefined);

  const envFile = options.envFile === undefined ? null : resolve(project, options.envFile);
  const environment = new Environment(options.env ?? process.env, envFile);
  const { clock = Date.now, timers = nodeTimers, trustProxy = 0, limits = {}, watch = false } = options;
  const builds = new Builds({
    ...{ project, dataDirectory, environment, log, clock, timers, trustProxy, limits, watch },
    hooks: options.hooks,
  });
  const engine = (): Engine => builds.engine as Engine;
  let started: (deployment: Deployment) => void = () => undefined;
  const ready = new Promise<Deployment>((done) => (started = done));
  const routes = ready.then((deployment) => [
    ...storageRoutes(deployment.engine().files),
    ...protocolRoutes(deployment),
  ]);
  let siteOrigin = "";
  const failed = (request: string, error: unknown): void => {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log({ level: "error", path: request, message });
  };

  // The ports come first: who cannot have them must not touch the data. Early requests wait.
  const sockets = new SyncSockets({ deployment: ready, failed });
  const listening = listen({
    host,
    port: options.port ?? DEFAULT_PORT,
    siteOrigin: () => siteOrigin,
    assets: options.assets ?? [],
    respond: (request, sockets) =>
      builds.engine === null
        ? ready.then(() => serveHttpAction(engine(), request, sockets))
        : serveHttpAction(builds.engine, request, sockets),
  });
  const listeningApi = listenApi({
    host,
    port: options.apiPort ?? (options.port === 0 ? 0 : DEFAULT_API_PORT),
    ...{ routes, upgrade: sockets.upgrade, failed },
  });
  const [http, api] = await bothPorts(listening, listeningApi);
  const url = `http://${authority(host, http.port)}`;
  const apiUrl = `http://${authority(host, api.port)}`;
  environment.setBuiltIn({ CONVEX_SITE_URL: url, CONVEX_CLOUD_URL: apiUrl });
  siteOrigin = new URL(environment.variables.get("CONVEX_SITE_URL") ?? url).origin;

  let firstStart: boolean;
  try {
    await builds.serve(false);
    firstStart = isFirstStart(dataDirectory);
    await builds.background?.recover();
  } catch (error) {
    sockets.close();
    await Promise.all([http.close(0), api.close(0)]);
    await builds.close();
    throw error;
  }
  const watchdog = startWatchdog(options.watchdog ?? false);
  const { background } = builds;
  const { files } = engine();

  const adminKey = adminKeyOf(dataDirectory);
  const changeVariables = async (changes: ReadonlyMap<string, string | null>): Promise<void> => {
    await watchdog.exempt(() => builds.changeVariables(changes));
    const names = [...changes.keys()].join(", ");
    log({ level: "info", path: null, message: `environment variables changed: ${names}` });
  };
  started({ engine, adminKey, environment, changeVariables });
  files.collect();
  background?.scheduler.start();

  const running = new Set<Promise<unknown>>();
  return {
    url,
    apiUrl,
    adminKey,
    dataDirectory,
    firstStart,
    has: async (path) => (await engine().modules.find(path)) !== null,
    async run(path, args, component = "") {
      const promise = runAsOperator(engine(), { component, name: path }, args);
      running.add(promise);
      try {
        return await promise;
      } finally {
        running.delete(promise);
      }
    },
    reload: () => watchdog.exempt(() => builds.serve(true)),
    renewVariables: () => watchdog.exempt(() => builds.renewVariables()),
    async idle() {
      await background?.scheduler.idle();
      await files.idle();
    },
    async close(graceMs = DEFAULT_GRACE_MS) {
      sockets.close();
      await Promise.all([http.close(graceMs), api.close(graceMs), background?.close(graceMs)]);
      await Promise.allSettled(running);
      await watchdog.stop();
      await builds.close();
    },
  };
}

/** Host and port as a URL has them. What listens everywhere is reached through the loopback address. */
function authority(host: string, port: number): string {
  if (host === "0.0.0.0" || host === "::") return `127.0.0.1:${port}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
