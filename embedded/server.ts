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
import type { JSONValue, Value } from "convex/values";
import { ConvexError, convexToJson, jsonToConvex } from "convex/values";
import { functionEnvironment } from "./environment";
import type { CreationTimes } from "./exec/creationTimes";
import { creationTimesOf } from "./exec/creationTimes";
import { SyscallError } from "./exec/errors";
import type { Engine, LogLine } from "./exec/execution";
import { runFunction } from "./exec/run";
import { isFirstStart } from "./firstStart";
import { serveHttpAction } from "./http/action";
import { operatorOrigin } from "./http/origin";
import { listen } from "./http/server";
import { bundleProject, stopBundler } from "./runtime/bundle";
import { Modules } from "./runtime/modules";
import { createRealm } from "./runtime/realm";
import { openStore } from "./store/store";
import type { Store } from "./store/types";

export interface ServerOptions {
  /** The folder that holds `convex/`. */
  readonly project: string;
  /** The data directory, made if missing. Relative to `project`. */
  readonly data: string;
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** Default 3211; 0 for any free port. */
  readonly port?: number;
  /** What functions find in `process.env`, without what configures Convex's tools. Default: this process's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where the lines of functions and of the runtime go. Default: nowhere. */
  readonly log?: (line: LogLine) => void;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly clock?: () => number;
  /** True if `reload` will be called often, which keeps the bundler's process alive. */
  readonly watch?: boolean;
}

export interface EmbeddedServer {
  /** Where HTTP actions are, without a trailing slash. */
  readonly url: string;
  /** Absolute. */
  readonly dataDirectory: string;
  /** True until `finishFirstStart` was called for the data directory. */
  readonly firstStart: boolean;
  /** True if the project has a function of that name: `apiKeys:issue`. */
  has(path: string): Promise<boolean>;
  /**
   * Runs any function, internal ones too, as the operator.
   *
   * @param path `apiKeys:issue`.
   * @throws ConvexError with its data, or an Error with the message of what the function threw.
   */
  run(path: string, args: Record<string, Value>): Promise<Value>;
  /**
   * Builds the project again and serves the new build from the next request on. If it rejects, because a file is broken
   * or documents do not match the new schema, the last good build goes on serving.
   */
  reload(): Promise<void>;
  /** Finishes the requests under way, for up to `graceMs` (default 4,000), commits and lets go of the data directory. */
  close(graceMs?: number): Promise<void>;
}

const DEFAULT_PORT = 3211;
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

  let engine: Engine | undefined;
  let started: () => void = () => undefined;
  const ready = new Promise<void>((done) => (started = done));
  let siteOrigin = "";

  // The port comes first: who cannot have it must not touch the data. Early requests wait.
  const http = await listen({
    host,
    port: options.port ?? DEFAULT_PORT,
    siteOrigin: () => siteOrigin,
    respond: async (request, sockets) => {
      if (engine === undefined) await ready;
      return serveHttpAction(engine as Engine, request, sockets);
    },
  });
  const url = `http://${authority(host, http.port)}`;
  // Until there is an API port, what it will serve is looked for here too.
  const env = functionEnvironment(options.env ?? process.env, {
    CONVEX_SITE_URL: url,
    CONVEX_CLOUD_URL: url,
  });
  siteOrigin = new URL(env.get("CONVEX_SITE_URL") ?? url).origin;

  let store: Store | undefined;
  let creationTimes: CreationTimes | undefined;

  const build = async (everything: boolean): Promise<Engine> => {
    const bundling = bundleProject(project);
    // The database is opened while the bundler, another process, is at work. A failure of either must not leave the
    // other's unhandled.
    bundling.catch(() => undefined);
    store ??= openStore({ directory: dataDirectory });
    const bundle = await bundling;
    if (options.watch !== true) await stopBundler();
    for (const message of bundle.warnings) log({ level: "warn", path: null, message });

    const modules = new Modules(createRealm(bundle, { env, clock, log }));
    if (everything) await modules.loadAll();
    const schema = await modules.schema();
    await store.applySchema("", schema, (message) => log({ level: "info", path: null, message }));
    creationTimes ??= creationTimesOf(store);
    return { store, modules, creationTimes, clock, log };
  };

  const firstStart = isFirstStart(dataDirectory);
  try {
    engine = await build(false);
  } catch (error) {
    await http.close(0);
    await store?.close();
    throw error;
  }
  started();

  const running = new Set<Promise<unknown>>();
  return {
    url,
    dataDirectory,
    firstStart,
    has: async (path) => (await (engine as Engine).modules.find(path)) !== null,
    async run(path, args) {
      const promise = runAsOperator(engine as Engine, path, args);
      running.add(promise);
      try {
        return await promise;
      } finally {
        running.delete(promise);
      }
    },
    async reload() {
      // What starts from now on uses the new build; what runs keeps the one it started with.
      engine = await build(true);
    },
    async close(graceMs = DEFAULT_GRACE_MS) {
      await http.close(graceMs);
      await Promise.allSettled(running);
      await store?.close();
      if (options.watch === true) await stopBundler();
    },
  };
}

async function runAsOperator(engine: Engine, path: string, args: Record<string, Value>): Promise<Value> {
  const fn = await engine.modules.find(path);
  if (fn === null) throw new Error(`Could not find function for '${path}' in the convex/ folder.`);
  const call = { kind: fn.kind, name: path, args: convexToJson(args) };
  try {
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
