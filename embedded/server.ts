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
import { join, resolve } from "node:path";
import type { JSONValue, Value } from "convex/values";
import { ConvexError, convexToJson, jsonToConvex } from "convex/values";
import { functionEnvironment } from "./environment";
import type { FunctionPlace } from "./exec/addresses";
import type { CreationTimes } from "./exec/creationTimes";
import { creationTimesOf } from "./exec/creationTimes";
import { SyscallError } from "./exec/errors";
import type { Engine, LogLine } from "./exec/execution";
import { findFunction, runFunction } from "./exec/run";
import { isFirstStart } from "./firstStart";
import { serveHttpAction } from "./http/action";
import { operatorOrigin } from "./http/origin";
import { listenApi } from "./http/api";
import { listen } from "./http/server";
import { storageRoutes } from "./http/storage";
import { stopBundler } from "./runtime/bundle";
import type { Component } from "./runtime/components";
import { bundleComponents, loadComponents } from "./runtime/components";
import type { Background } from "./services/background";
import { createBackground } from "./services/background";
import { createAuth } from "./services/auth";
import { parseProviders } from "./services/authProviders";
import { CONVEX_LIMITS, type Limits } from "./exec/limits";
import { applyCrons } from "./services/crons";
import { FileStorage } from "./services/files";
import type { DiskHooks } from "./services/filesDisk";
import { withSystemTables } from "./services/systemTables";
import type { Timers } from "./services/timers";
import { nodeTimers } from "./services/timers";
import { startWatchdog } from "./services/watchdog";
import { directoryKey } from "./secret";
import { FILES } from "./store/directory";
import { isBackupUnderWay } from "./store/lock";
import { openStore } from "./store/store";
import type { ComponentSchema, Store, StoreHooks } from "./store/types";

export interface ServerOptions {
  /** The folder that holds `convex/`. */
  readonly project: string;
  /** The data directory, made if missing. Relative to `project`. */
  readonly data: string;
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** Default 3211; 0 for any free port. */
  readonly port?: number;
  /** The port of stored files. Default 3210, or any free one where `port` is; 0 for any free port. */
  readonly apiPort?: number;
  /** What functions find in `process.env`, without what configures Convex's tools. Default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
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
  /** Where stored files are, without a trailing slash. */
  readonly apiUrl: string;
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
  const clock = options.clock ?? Date.now;
  const timers = options.timers ?? nodeTimers;

  let engine: Engine | undefined;
  let started: () => void = () => undefined;
  const ready = new Promise<void>((done) => (started = done));
  let siteOrigin = "";

  // The ports come first: who cannot have them must not touch the data. Early requests wait.
  const http = await listen({
    host,
    port: options.port ?? DEFAULT_PORT,
    siteOrigin: () => siteOrigin,
    respond: async (request, sockets) => {
      if (engine === undefined) await ready;
      return serveHttpAction(engine as Engine, request, sockets);
    },
  });
  const api = await listenApi({
    host,
    port: options.apiPort ?? (options.port === 0 ? 0 : DEFAULT_API_PORT),
    routes: async () => {
      if (engine === undefined) await ready;
      return storageRoutes((engine as Engine).files);
    },
    failed: (request, error) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      log({ level: "error", path: request, message });
    },
  }).catch(async (error: unknown) => {
    await http.close(0);
    throw error;
  });
  const url = `http://${authority(host, http.port)}`;
  const apiUrl = `http://${authority(host, api.port)}`;
  const env = functionEnvironment(options.env ?? process.env, {
    CONVEX_SITE_URL: url,
    CONVEX_CLOUD_URL: apiUrl,
  });
  siteOrigin = new URL(env.get("CONVEX_SITE_URL") ?? url).origin;

  let store: Store | undefined;
  let creationTimes: CreationTimes | undefined;
  let background: Background | undefined;
  let files: FileStorage | undefined;

  const build = async (everything: boolean): Promise<Engine> => {
    const bundling = bundleComponents(project);
    // The database is opened while the bundler, another process, is at work. A failure of either must not leave the
    // other's unhandled.
    bundling.catch(() => undefined);
    store ??= openStore({ directory: dataDirectory, ...(options.hooks && { hooks: options.hooks }) });
    const bundle = await bundling;
    if (options.watch !== true) await stopBundler();
    for (const message of bundle.warnings) log({ level: "warn", path: null, message });

    const say = (message: string): void => log({ level: "info", path: null, message });
    const components = loadComponents(bundle, { env, clock, log });
    const { modules } = components.get("") as Component;
    const auth = await createAuth(parseProviders(await modules.authConfig()), clock);
    const schemas: ComponentSchema[] = [];
    for (const component of components.values()) {
      if (everything) await component.modules.loadAll();
      schemas.push({ component: component.path, schema: withSystemTables(await component.modules.schema()) });
    }
    await store.applySchemas(schemas, say);
    for (const path of store.catalog.components()) {
      if (!components.has(path)) say(`the component ${path} is not mounted; its data are kept`);
    }
    creationTimes ??= creationTimesOf(store);
    files ??= new FileStorage({
      ...{ store, creationTimes, clock, log },
      directory: join(dataDirectory, FILES),
      areHeld: () => isBackupUnderWay(dataDirectory),
      ...(options.hooks && { hooks: options.hooks }),
      origin: (env.get("CONVEX_CLOUD_URL") ?? apiUrl).replace(/\/+$/, ""),
      key: directoryKey(dataDirectory, "upload URLs"),
    });
    background ??= createBackground({ store, clock, timers, log, engine: () => engine as Engine });
    const { scheduler } = background;
    const built = {
      ...{ store, modules, components, creationTimes, clock, log, scheduler, files, auth },
      limits: { ...CONVEX_LIMITS, ...options.limits },
      trustProxy: options.trustProxy ?? 0,
    };
    await applyCrons(built);
    return built;
  };

  let firstStart: boolean;
  try {
    engine = await build(false);
    firstStart = isFirstStart(dataDirectory);
    await background?.recover();
  } catch (error) {
    await Promise.all([http.close(0), api.close(0)]);
    await store?.close();
    throw error;
  }
  const watchdog = startWatchdog(options.watchdog ?? false);
  started();
  files?.collect();
  background?.scheduler.start();

  const running = new Set<Promise<unknown>>();
  return {
    url,
    apiUrl,
    dataDirectory,
    firstStart,
    has: async (path) => (await (engine as Engine).modules.find(path)) !== null,
    async run(path, args, component = "") {
      const promise = runAsOperator(engine as Engine, { component, name: path }, args);
      running.add(promise);
      try {
        return await promise;
      } finally {
        running.delete(promise);
      }
    },
    async reload() {
      // What starts from now on uses the new build; what runs keeps the one it started with.
      engine = await watchdog.exempt(() => build(true));
      background?.scheduler.wake();
    },
    async idle() {
      await background?.scheduler.idle();
      await files?.idle();
    },
    async close(graceMs = DEFAULT_GRACE_MS) {
      await Promise.all([http.close(graceMs), api.close(graceMs), background?.close(graceMs)]);
      await Promise.allSettled(running);
      await watchdog.stop();
      await files?.close();
      await store?.close();
      if (options.watch === true) await stopBundler();
    },
  };
}

async function runAsOperator(
  engine: Engine,
  place: FunctionPlace,
  args: Record<string, Value>,
): Promise<Value> {
  try {
    const { kind } = await findFunction(engine, place);
    const call = { ...place, kind, args: convexToJson(args) };
    return jsonToConvex(JSON.parse(await runFunction(engine, call, operatorOrigin())) as JSONValue);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    if (error.data === undefined) throw new Error(error.message, { cause: error });
    throw new ConvexError(jsonToConvex(error.data));
  }
}

/** Host and port as a URL has them. What listens everywhere is reached through the loopback address. */
function authority(host: string, port: number): string {
  if (host === "0.0.0.0" || host === "::") return `127.0.0.1:${port}`;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
