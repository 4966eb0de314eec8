/**
 * Serves a project's functions in this process.
 *
 * ```ts
 * const server = await startServer({ project: process.cwd(), data: ".convex-embedded", port: 0 });
 * await fetch(`${server.url}/hello`);
 * await server.run("items:create", { name: "bolt" });
 * await server.close();
 * ```
 */
import type { Value } from "convex/values";
import { Builds } from "./builds";
import { Environment } from "../environment/environment";
import type { Engine } from "../exec/engine";
import type { ExportsOptions } from "../exchange/server/exports";
import { Exports } from "../exchange/server/exports";
import { Imports } from "../exchange/server/imports";
import { freeNumber } from "../store/catalog";
import { isFirstStart } from "../store/firstStart";
import { serveHttpAction } from "../http/action";
import { originRule, originsIn } from "../http/allowedOrigins";
import { BodyMemory } from "../http/bodyMemory";
import { openBothPorts } from "../http/bothPorts";
import { storageRoutes } from "../http/storage";
import { requireMetricsQuery } from "./appMetrics";
import { Metrics } from "./metrics";
import { runAsOperator } from "./operator";
import { adminKeyOf } from "../protocol/adminKey";
import type { Deployment, PushTarget } from "../protocol/deployment";
import { protocolRoutes } from "../protocol/routes";
import { SyncSockets } from "../sync/sockets";
import type { ServerOptions } from "./serverOptions";
import { withDefaults } from "./serverOptions";
import { startWatchdog } from "../watchdog/watchdog";

export interface EmbeddedServer {
  /** The base URL of HTTP actions, without a trailing slash. */
  readonly url: string;
  /** The base URL of stored files and the address for Convex's tools, without a trailing slash. */
  readonly apiUrl: string;
  /** The key for those tools: `Authorization: Convex KEY`. It grants full access. */
  readonly adminKey: string;
  /** Absolute path of the data directory. */
  readonly dataDirectory: string;
  /** True until `finishFirstStart` was called for the data directory. */
  readonly firstStart: boolean;
  /** True if the project has a function of that name: `items:create`. */
  has(path: string): Promise<boolean>;
  /**
   * Runs any function as the operator, including internal ones.
   *
   * @param path `items:create`. @param component the path of the component; default `""`, the app.
   * @throws ConvexError with its data, or an Error with the message that the function threw.
   */
  run(path: string, args: Record<string, Value>, component?: string): Promise<Value>;
  /**
   * Rebuilds the project and serves the new build from the next request on. If it rejects, because a file is broken or documents do
   * not match the new schema, the last good build stays in service.
   */
  reload(): Promise<void>;
  /**
   * Reads the env file again. Functions see the new variables from the next execution on. If it rejects, because a line is invalid
   * or the functions do not build with the variables, the old variables stay.
   *
   * @returns the names of the variables that changed.
   */
  renewVariables(): Promise<readonly string[]>;
  /**
   * Resolves when no scheduled function or cron job is due or running, and the bytes of deleted files are gone. It does not wait for
   * work that is due later.
   */
  idle(): Promise<void>;
  /** Finishes requests and scheduled functions in progress for up to `graceMs` milliseconds (default 4,000), commits, and releases the data directory. */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 4_000;

/**
 * Starts a server. Resolves when it answers requests.
 *
 * @throws Error that says what to do: port or data directory in use, a broken file, documents that do not match the schema.
 */
export async function startServer(options: ServerOptions): Promise<EmbeddedServer> {
  const settings = withDefaults(options);
  const { dataDirectory, log } = settings;
  const environment = new Environment(settings.env, settings.envFile);
  const builds = new Builds(settings, environment);
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

  // Open the ports first: a server that cannot listen must not touch the data. Early requests wait.
  const setting = "CONVEX_API_PORT_ORIGINS";
  const listed = settings.apiPortOrigins ?? originsIn(setting, environment.variables.get(setting) ?? "");
  const allows = originRule(listed, () => [siteOrigin, environment.cloudUrl]);
  const { maxResultCharacters } = settings.hooks ?? {};
  const sockets = new SyncSockets({ deployment: ready, allows, maxResultCharacters, failed });
  const bodyMemory = new BodyMemory();
  const { open = false, query = null } = settings.metrics;
  const metrics = new Metrics({ builds, sockets, bodyMemory, query, log });
  builds.onServe = () => sockets.rebuilt();
  const ports = await openBothPorts({
    host: settings.host,
    site: {
      port: settings.port,
      siteOrigin: () => siteOrigin,
      assets: settings.assets,
      bodyMemory,
      respond: (request, sockets) =>
        builds.engine === null
          ? ready.then(() => serveHttpAction(engine(), request, sockets, metrics.site))
          : serveHttpAction(builds.engine, request, sockets, metrics.site),
    },
    api: { port: settings.apiPort, routes, allows, upgrade: sockets.upgrade, metrics: metrics.api, failed },
  });
  const { url, apiUrl } = ports;
  environment.setBuiltIn({ CONVEX_SITE_URL: url, CONVEX_CLOUD_URL: apiUrl });
  siteOrigin = new URL(environment.variables.get("CONVEX_SITE_URL") ?? url).origin;

  let firstStart: boolean;
  try {
    await builds.start();
    await requireMetricsQuery(engine().modules, query);
    firstStart = isFirstStart(dataDirectory);
    await builds.background?.recover();
  } catch (error) {
    await sockets.close(0);
    await ports.close(0);
    await builds.close();
    throw error;
  }
  const watchdog = startWatchdog(settings.watchdog);
  const { background } = builds;
  const { files } = engine();

  const adminKey = adminKeyOf(dataDirectory);
  const changeVariables = async (changes: ReadonlyMap<string, string | null>): Promise<void> => {
    await watchdog.exempt(() => builds.changeVariables(changes));
    const names = [...changes.keys()].join(", ");
    log({ level: "info", path: null, message: `environment variables changed: ${names}` });
  };
  const pushes: PushTarget = {
    get pushed() {
      return builds.pushed;
    },
    evaluate: (project) => watchdog.exempt(() => builds.evaluate(project)),
    checkSchemas: (schemas) => watchdog.exempt(() => builds.checkSchemas(schemas)),
    fillIndexes: (schemas) => watchdog.exempt(() => builds.fillIndexes(schemas)),
    async servePush(project) {
      await watchdog.exempt(() => builds.servePush(project));
      log({ level: "info", path: null, message: "serving newly pushed functions" });
    },
  };
  const { executionLog } = builds;
  const { clock } = settings;
  const logAs = (level: "info" | "warn") => (message: string) => log({ level, path: null, message });
  const exempt: ExportsOptions["exempt"] = (work) => watchdog.exempt(work);
  const exports = new Exports({ dataDirectory, clock, progress: logAs("info"), warn: logAs("warn"), exempt });
  const imports = new Imports({
    importArchive: (file, options) => builds.importArchive(file, options),
    tableOf: (component, name) => ({
      number: engine().store.catalog.table(component, name)?.number ?? freeNumber(engine().store.catalog),
      nextCreationTime: () => engine().creationTimes.next(clock()),
    }),
    timers: settings.timers,
  });
  const closing = new AbortController();
  started({
    engine,
    adminKey,
    environment,
    changeVariables,
    pushes,
    executionLog,
    exports,
    imports,
    readChanges: settings.streamingExport ? (work) => builds.readChanges(work) : null,
    metrics: { open, text: () => metrics.text() },
    closing: closing.signal,
    inlineQuery: (source, component) => watchdog.exempt(() => builds.inlineQuery(source, component)),
  });
  const retention = settings.streamingExport ? builds.changeRetention() : null;
  retention?.start();
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
      closing.abort();
      await Promise.all([sockets.close(graceMs), ports.close(graceMs), background?.close(graceMs)]);
      await Promise.allSettled(running);
      await retention?.stop();
      metrics.stop();
      exports.close();
      imports.close();
      await watchdog.stop();
      await builds.close();
    },
  };
}
