/** The successive builds of a project's functions that a server serves on the same data. */
import { join } from "node:path";
import type { Environment, Variables } from "../environment/environment";
import type { CreationTimes } from "../store/creationTimes";
import { resumeCreationTimes } from "../store/creationTimes";
import type { Engine } from "../exec/engine";
import { ExecutionLog } from "../exec/executionLog";
import { CONVEX_LIMITS } from "../exec/limits";
import type { CacheCounts } from "../exec/queryCache";
import { QueryCache } from "../exec/queryCache";
import { VectorIndexes } from "../exec/vectorIndexes";
import { SerialQueue } from "../exec/serialQueue";
import { stopBundler } from "../runtime/bundle";
import type { Component, Components } from "../exec/components";
import type { ProjectBundle } from "../runtime/components";
import { bundleComponents, loadProject } from "../runtime/components";
import { folderDigest } from "../runtime/folderDigest";
import { bundlePushed } from "../runtime/pushedBundle";
import type { PushedProject } from "../runtime/pushedProject";
import { decodePush, encodePush } from "../runtime/pushedProject";
import { Modules } from "../exec/modules";
import { bundleInlineQuery, INLINE_MODULE } from "../runtime/inlineQuery";
import { createRealm } from "../runtime/realm";
import { stackMapper } from "../runtime/stack";
import type { ImportResult } from "../exchange/commands/import";
import type { ArchiveImport } from "../exchange/archiveImport";
import { importArchive } from "../exchange/archiveImport";
import { inStore } from "../exchange/target";
import type { EvaluatedProject, InlineQuery } from "../protocol/deployment";
import { ChangeRetention } from "../protocol/streamingExport/retention";
import { applyCrons, declaredCrons } from "../jobs/applyCrons";
import type { ProviderKeyCache } from "../auth/auth";
import { createAuth } from "../auth/auth";
import { createTokenSigner } from "../auth/tokenSigner";
import type { Provider } from "../auth/authProviders";
import { parseProviders } from "../auth/authProviders";
import type { Background } from "../jobs/background";
import { createBackground } from "../jobs/background";
import { FileStorage } from "../files/fileStorage";
import { FileDisk } from "../files/filesDisk";
import { withSystemTables } from "../store/system/systemTables";
import { guardedFunctions } from "./guardedFunctions";
import type { ServerSettings } from "./serverOptions";
import { directoryKey } from "../store/secret";
import { FILES_DIRECTORY } from "../store/directory";
import { isBackupUnderWay } from "../store/lock";
import { openStore } from "../store/store";
import type { ChangeReads } from "../store/changes/changeReads";
import type { ComponentSchema, DiskStore, StoreFigures } from "../store/types";

interface TakeOptions {
  /** True to evaluate all modules. Default false. */
  readonly everything?: boolean;
  /** Recorded with the schema; see `DiskStore.applySchemas`. */
  readonly pushed?: Uint8Array | null;
  /** Runs before the build serves, and may throw. */
  readonly decide?: () => void;
}

/** The declarations in the files of a project, besides functions. */
interface Declarations {
  readonly providers: readonly Provider[];
  readonly schemas: readonly ComponentSchema[];
  readonly crons: Awaited<ReturnType<typeof declaredCrons>>;
}

export class Builds {
  /** Called when a new build is in service. */
  onServe: () => void = () => undefined;
  readonly #queue = new SerialQueue();
  #store: DiskStore | null = null;
  #creationTimes: CreationTimes | null = null;
  #files: FileStorage | null = null;
  #disk: FileDisk | null = null;
  #background: Background | null = null;
  readonly executionLog: ExecutionLog;
  readonly cacheCounts: CacheCounts = { hits: 0, misses: 0 };
  readonly #tokens = createTokenSigner({
    seed: () => directoryKey(this.settings.dataDirectory, "signed tokens"),
    origin: () => this.environment.cloudUrl,
  });
  readonly #heldKeys: ProviderKeyCache = new Map();
  /** The engine in service. */
  #engine: Engine | null = null;
  #bundle: ProjectBundle | null = null;
  #pushed: PushedProject | null = null;
  /** The contents of `process.env` in each component. */
  #variables: ReadonlyMap<string, Variables> = new Map();

  constructor(
    private readonly settings: ServerSettings,
    private readonly environment: Environment,
  ) {
    this.executionLog = new ExecutionLog(settings.clock);
  }

  /** The build in service, `null` before the first. */
  get engine(): Engine | null {
    return this.#engine;
  }

  /** The state of the store, `null` before the first build. */
  storeFigures(): StoreFigures | null {
    return this.#store?.figures() ?? null;
  }

  /** See `DiskStore.readChanges`. */
  readChanges<T>(work: (reads: ChangeReads) => T): T {
    return this.#openStore().readChanges(work);
  }

  /** Deletes old changes of the change log. */
  changeRetention(): ChangeRetention {
    const { timers, clock, log } = this.settings;
    const warn = (message: string): void => log({ level: "warn", path: null, message });
    return new ChangeRetention({ store: this.#openStore(), timers, clock, warn });
  }

  /** The background work, which outlives builds; `null` before the first build. */
  get background(): Background | null {
    return this.#background;
  }

  /**
   * Builds the project and serves it from the next execution on. Running executions keep their build. If it rejects, because a file
   * is broken or documents do not match the new schema, the last good build stays in service.
   *
   * @param everything true to evaluate all modules, so that import errors are reported now.
   */
  serve(everything: boolean): Promise<void> {
    return this.#queue.run(async () => {
      const bundle = await this.#bundled();
      await this.#take(bundle, this.environment.variables, { everything, pushed: null });
      this.#pushed = null;
    });
  }

  /**
   * Serves the functions that were pushed last, unless the project's folder has changed since: the newer of the two is served.
   * Otherwise does the same as `serve(false)`.
   */
  async start(): Promise<void> {
    const record = this.#openStore().pushed();
    const pushed = record && decodePush(record);
    if (pushed === null || pushed.folder !== folderDigest(this.settings.project)) return this.serve(false);
    return this.#queue.run(async () => {
      await this.#take(await this.#bundledPush(pushed.project), this.environment.variables, {});
      this.#pushed = pushed.project;
      const message = `serving the functions that were pushed at ${new Date(pushed.at).toISOString()}`;
      this.settings.log({ level: "info", path: null, message });
    });
  }

  /** The project in service if it was pushed, `null` if it is the folder's. */
  get pushed(): PushedProject | null {
    return this.#pushed;
  }

  /** Builds a pushed project without serving it, and evaluates all modules. @throws the error of a broken module. */
  evaluate(project: PushedProject): Promise<EvaluatedProject> {
    return this.#queue.run(async () => {
      const { clock } = this.settings;
      const bundle = await this.#bundledPush(project);
      const loaded = loadProject(bundle, {
        env: this.environment.variables,
        clock,
        // Modules may log while they are evaluated. They log again when they are served.
        log: () => undefined,
      });
      const { schemas, providers } = await this.#declarations(loaded.components, true);
      return { ...loaded, schemas, providers };
    });
  }

  /** See `Deployment.inlineQuery`. */
  inlineQuery(source: string, component: string): Promise<InlineQuery> {
    const engine = this.#engine;
    const mounted = engine?.components.get(component);
    if (engine === null || mounted === undefined) {
      return Promise.reject(new Error(`Component "${component}" not found.`));
    }
    return this.#queue.run(async () => {
      const bundle = await this.#afterBundling(bundleInlineQuery(this.settings.project, source));
      const mapStack = stackMapper([bundle]);
      const { clock, log } = this.settings;
      const env = this.#variables.get(component) ?? new Map<string, string>();
      const modules = new Modules(createRealm(bundle, { env, mapStack, clock, log }), component);
      const fn = await modules.find(INLINE_MODULE);
      if (fn?.kind !== "query") throw new Error("The default export must be a query.");
      const components = new Map(engine.components).set(component, { ...mounted, modules });
      // Errors are mapped by the modules of the app.
      const own = component === "" ? { modules } : {};
      return { engine: { ...engine, ...own, components }, fn };
    });
  }

  /** Rejects with `SchemaRefused` if documents do not match. Changes nothing. */
  checkSchemas(schemas: readonly ComponentSchema[]): Promise<void> {
    return this.#queue.run(() => this.#openStore().checkSchemas(schemas));
  }

  /** See `PushTarget.fillIndexes`. */
  fillIndexes(schemas: readonly ComponentSchema[]): Promise<void> {
    const progress = (message: string): void => this.settings.log({ level: "info", path: null, message });
    return this.#queue.run(() => this.#openStore().fillIndexes(schemas, progress));
  }

  /** Serves a pushed project from the next execution on, now and after a restart. If it rejects, nothing has changed. */
  servePush(project: PushedProject): Promise<void> {
    return this.#queue.run(async () => {
      const bundle = await this.#bundledPush(project);
      const folder = folderDigest(this.settings.project);
      const pushed = encodePush({ project, folder, at: this.settings.clock() });
      await this.#take(bundle, this.environment.variables, { everything: true, pushed });
      this.#pushed = project;
    });
  }

  /**
   * Serves the current build with other environment variables. If it rejects, nothing has changed.
   *
   * @param changes values by name, `null` to remove a variable.
   */
  changeVariables(changes: ReadonlyMap<string, string | null>): Promise<void> {
    const { environment } = this;
    return this.#queue.run(async () => {
      if (this.#bundle === null) throw new Error("Nothing is served yet");
      const decide = (): void => environment.change(changes);
      await this.#take(this.#bundle, environment.preview(changes), { decide });
    });
  }

  /**
   * Serves the current build with the current env file. If it rejects, nothing has changed.
   *
   * @returns the names of the variables that changed.
   */
  renewVariables(): Promise<readonly string[]> {
    return this.#queue.run(async () => {
      const { variables, names, take } = this.environment.renewal();
      if (names.length > 0 && this.#bundle !== null)
        await this.#take(this.#bundle, variables, { decide: take });
      return names;
    });
  }

  /** Imports an archive into the data in service. See `Deployment.importArchive`. */
  importArchive(file: string, options: ArchiveImport): Promise<ImportResult> {
    return this.#queue.run(async () => {
      const engine = this.#engine;
      const disk = this.#disk;
      if (engine === null || disk === null) throw new Error("Nothing is served yet");
      const store = this.#openStore();
      const { schemas } = await this.#declarations(engine.components, false);
      const progress = (message: string): void => this.settings.log({ level: "info", path: null, message });
      const result = await inStore(store, disk, (target) =>
        importArchive(target, file, { ...options, schemas, progress }),
      );
      // Fills the search indexes of the imported tables.
      await store.applySchemas(schemas, progress);
      engine.creationTimes.continueAfter(resumeCreationTimes(store));
      return result;
    });
  }

  /** Closes the store. No function may still be running. */
  async close(): Promise<void> {
    await this.#files?.close();
    await this.#store?.close();
    if (this.settings.watch) await stopBundler();
  }

  async #bundled(): Promise<ProjectBundle> {
    const bundling = bundleComponents(this.settings.project);
    // The database is opened while the bundler, a separate process, runs. If one fails, the failure of the other must not stay
    // unhandled, and the bundler must finish: it prints a stack trace if its parent exits first.
    const bundled = bundling.then(
      () => undefined,
      () => undefined,
    );
    try {
      this.#openStore();
    } catch (error) {
      await bundled;
      throw error;
    }
    const bundle = await bundling;
    if (!this.settings.watch) await stopBundler();
    for (const message of bundle.warnings) this.settings.log({ level: "warn", path: null, message });
    return bundle;
  }

  #bundledPush(project: PushedProject): Promise<ProjectBundle> {
    return this.#afterBundling(bundlePushed(this.settings.project, project));
  }

  async #afterBundling<T>(bundling: Promise<T>): Promise<T> {
    try {
      return await bundling;
    } finally {
      if (!this.settings.watch) await stopBundler();
    }
  }

  /** Puts a build into service. */
  async #take(bundle: ProjectBundle, env: Variables, options: TakeOptions): Promise<void> {
    const engine = await this.#build(bundle, env, options);
    options.decide?.();
    this.#engine = engine;
    this.#bundle = bundle;
    this.#background?.scheduler.wake();
    this.onServe();
  }

  async #build(
    bundle: ProjectBundle,
    env: Variables,
    { everything = false, pushed }: TakeOptions,
  ): Promise<Engine> {
    const { clock, timers, log, limits, trustProxy, hooks } = this.settings;
    const logInfo = (message: string): void => log({ level: "info", path: null, message });
    const store = this.#openStore();
    const { components, mounts } = loadProject(bundle, { env, clock, log });
    const { modules } = components.get("") as Component;
    const guardedFetch = await guardedFunctions(modules, this.settings.guardedFetch, env, hooks?.lookup);
    // Check the whole project before changing indexes, because the last build may stay in service and needs them.
    const { providers, schemas, crons } = await this.#declarations(components, everything);
    const auth = await createAuth(providers, { clock, log, held: this.#heldKeys });
    await store.applySchemas(schemas, logInfo, pushed);
    for (const path of store.catalog.components()) {
      if (!components.has(path)) logInfo(`the component ${path} is not mounted; its data is kept`);
    }
    const creationTimes = (this.#creationTimes ??= resumeCreationTimes(store));
    const files = (this.#files ??= this.#openFiles(store, creationTimes));
    const engine = (): Engine => this.#engine as Engine;
    const { scheduler } = (this.#background ??= createBackground({ store, clock, timers, log, engine }));
    const built = {
      store,
      modules,
      components,
      creationTimes,
      clock,
      log,
      scheduler,
      files,
      vectors: new VectorIndexes(store, schemas, this.#engine?.vectors),
      auth,
      tokens: this.#tokens,
      trustProxy,
      limits: { ...CONVEX_LIMITS, ...limits },
      queryCache: new QueryCache(store.writeLog, this.cacheCounts),
      guardedFetch,
      executionLog: this.executionLog,
    };
    await applyCrons(built, crons);
    this.#variables = new Map(mounts.map((mount) => [mount.path, mount.env]));
    return built;
  }

  /** Returns what the project's files declare. @param everything true to evaluate all modules. */
  async #declarations(components: Components, everything: boolean): Promise<Declarations> {
    const providers = parseProviders(await (components.get("") as Component).modules.authConfig());
    const schemas: ComponentSchema[] = [];
    for (const { path, modules } of components.values()) {
      if (everything) await modules.loadAll();
      schemas.push({ component: path, schema: withSystemTables(await modules.schema()) });
    }
    return { providers, schemas, crons: await declaredCrons(components.values()) };
  }

  #openStore(): DiskStore {
    const { dataDirectory: directory, hooks, streamingExport: changeLog, clock: now } = this.settings;
    return (this.#store ??= openStore({ directory, changeLog, now, ...(hooks && { hooks }) }));
  }

  #openFiles(store: DiskStore, creationTimes: CreationTimes): FileStorage {
    const { dataDirectory, clock, log, hooks } = this.settings;
    return new FileStorage({
      store,
      creationTimes,
      clock,
      warn: (message) => log({ level: "warn", path: null, message }),
      bytes: (this.#disk = new FileDisk(join(dataDirectory, FILES_DIRECTORY), hooks, () =>
        isBackupUnderWay(dataDirectory),
      )),
      origin: this.environment.cloudUrl,
      key: directoryKey(dataDirectory, "upload URLs"),
    });
  }
}
