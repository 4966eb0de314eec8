/** The successive builds of a project's functions that a server serves on the same data. */
import { join } from "node:path";
import type { Environment, Variables } from "../environment/environment";
import type { CreationTimes } from "../store/creationTimes";
import { resumeCreationTimes } from "../store/creationTimes";
import type { Engine } from "../exec/engine";
import { CONVEX_LIMITS } from "../exec/limits";
import { QueryCache } from "../exec/queryCache";
import { SerialQueue } from "../exec/serialQueue";
import { stopBundler } from "../runtime/bundle";
import type { Component } from "../exec/components";
import type { ProjectBundle } from "../runtime/components";
import { bundleComponents, loadComponents } from "../runtime/components";
import { applyCrons, declaredCrons } from "../jobs/applyCrons";
import type { ProviderKeyCache } from "../auth/auth";
import { createAuth } from "../auth/auth";
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
import type { ComponentSchema, Store } from "../store/types";

export class Builds {
  /** Called when a new build is in service. */
  onServe: () => void = () => undefined;
  readonly #queue = new SerialQueue();
  #store: Store | null = null;
  #creationTimes: CreationTimes | null = null;
  #files: FileStorage | null = null;
  #background: Background | null = null;
  readonly #heldKeys: ProviderKeyCache = new Map();
  /** The engine in service. */
  #engine: Engine | null = null;
  #bundle: ProjectBundle | null = null;

  constructor(
    private readonly settings: ServerSettings,
    private readonly environment: Environment,
  ) {}

  /** The build in service, `null` before the first. */
  get engine(): Engine | null {
    return this.#engine;
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
      await this.#take(bundle, this.environment.variables, everything);
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
      await this.#take(this.#bundle, environment.preview(changes), false, () => environment.change(changes));
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
      if (names.length > 0 && this.#bundle !== null) await this.#take(this.#bundle, variables, false, take);
      return names;
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

  /** Puts a build into service. @param decide runs before the build serves, and may throw. */
  async #take(
    bundle: ProjectBundle,
    env: Variables,
    everything: boolean,
    decide: () => void = () => undefined,
  ): Promise<void> {
    const engine = await this.#build(bundle, env, everything);
    decide();
    this.#engine = engine;
    this.#bundle = bundle;
    this.#background?.scheduler.wake();
    this.onServe();
  }

  async #build(bundle: ProjectBundle, env: Variables, everything: boolean): Promise<Engine> {
    const { clock, timers, log, limits, trustProxy, hooks } = this.settings;
    const logInfo = (message: string): void => log({ level: "info", path: null, message });
    const store = this.#openStore();
    const components = loadComponents(bundle, { env, clock, log });
    const { modules } = components.get("") as Component;
    const providers = parseProviders(await modules.authConfig());
    const auth = await createAuth(providers, { clock, log, held: this.#heldKeys });
    const schemas: ComponentSchema[] = [];
    for (const component of components.values()) {
      if (everything) await component.modules.loadAll();
      schemas.push({ component: component.path, schema: withSystemTables(await component.modules.schema()) });
    }
    const guardedFetch = await guardedFunctions(modules, this.settings.guardedFetch, env, hooks?.lookup);
    // Check the whole project before changing indexes, because the last build may stay in service and needs them.
    const crons = await declaredCrons(components.values());
    await store.applySchemas(schemas, logInfo);
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
      auth,
      trustProxy,
      limits: { ...CONVEX_LIMITS, ...limits },
      queryCache: new QueryCache(store.writeLog),
      guardedFetch,
    };
    await applyCrons(built, crons);
    return built;
  }

  #openStore(): Store {
    const { dataDirectory: directory, hooks } = this.settings;
    return (this.#store ??= openStore({ directory, ...(hooks && { hooks }) }));
  }

  #openFiles(store: Store, creationTimes: CreationTimes): FileStorage {
    const { dataDirectory, clock, log, hooks } = this.settings;
    return new FileStorage({
      store,
      creationTimes,
      clock,
      warn: (message) => log({ level: "warn", path: null, message }),
      bytes: new FileDisk(join(dataDirectory, FILES_DIRECTORY), hooks, () => isBackupUnderWay(dataDirectory)),
      origin: this.environment.cloudUrl,
      key: directoryKey(dataDirectory, "upload URLs"),
    });
  }
}
