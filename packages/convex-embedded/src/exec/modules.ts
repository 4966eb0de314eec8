/** The functions of a build by their paths, its HTTP router and its schema. */
import type { JSONValue } from "convex/values";
import { Contexts } from "./context/contexts";
import type { CronJobJson } from "./cronJob";
import type { SchemaJSON } from "../store/types";
import type { LoadedFunction } from "./loadedFunction";
import { toLoadedFunction } from "./loadedFunction";
import type { Namespace, Realm } from "./realm";

/** As `httpActionGeneric` of `convex/server` makes them. */
interface HttpAction {
  readonly _handler?: (ctx: object, request: Request | null) => unknown;
}

/** The default export of `http.ts`. */
export interface Router {
  lookup(path: string, method: string): readonly [action: HttpAction, method: string, path: string] | null;
  /** Calls the route's handler; request and response go through `Convex.jsSyscall`. */
  runRequest(requestJson: string, path: string): Promise<string>;
}

export class Modules {
  readonly mapStack: Realm["mapStack"];
  readonly contexts: Contexts;
  readonly #functions = new Map<string, LoadedFunction>();
  #router: Router | null = null;
  #standardRouter = false;

  /** @param component the path of the component that this is, `""` for the app. */
  constructor(
    private readonly realm: Realm,
    readonly component = "",
  ) {
    this.contexts = new Contexts(realm.library);
    this.mapStack = realm.mapStack;
  }

  /** A function that was found before under this very name. */
  loaded(name: string): LoadedFunction | undefined {
    return this.#functions.get(name);
  }

  /**
   * The function of that name, `null` if there is none.
   *
   * @param name `items:get`, `http/items:get`, `items` or `items:default`; `items.js:get` is the same as `items:get`.
   * @throws what evaluating its module throws.
   */
  async find(name: string): Promise<LoadedFunction | null> {
    const [path = "", exported = "default", ...more] = name.split(":");
    const module = path.replace(/\.js$/, "");
    if (more.length > 0 || module === "schema" || !this.realm.modules.includes(module)) return null;
    const namespace = await this.realm.load(module);
    const fn = Object.hasOwn(namespace, exported)
      ? toLoadedFunction(this.contexts, this.component, `${module}:${exported}`, namespace[exported])
      : null;
    if (fn !== null && this.realm.fixed) this.#functions.set(name, fn);
    return fn;
  }

  /** True if the build has a module of that name, whatever it exports: `items`, `http/items`. */
  has(module: string): boolean {
    return this.realm.modules.includes(module);
  }

  /** The router once it has been loaded. */
  get router(): Router | null {
    return this.realm.fixed ? this.#router : null;
  }

  /** Loads the router, `null` if the project has no `http` module. */
  async loadRouter(): Promise<Router | null> {
    if (this.router === null && this.realm.modules.includes("http")) {
      const router = (await this.realm.load("http"))["default"];
      if (!isRouter(router)) throw new Error("The default export of `convex/http.ts` is not a Router.");
      this.#router = router;
      this.#standardRouter = this.contexts.isStandard(router);
    }
    return this.#router;
  }

  /** True if what `lookup` gives may be called without `runRequest`. */
  get standardRouter(): boolean {
    return this.#standardRouter;
  }

  /** What `schema.ts` declares, `null` without one. */
  async schema(): Promise<SchemaJSON | null> {
    if (!this.realm.modules.includes("schema")) return null;
    const definition = (await this.realm.load("schema"))["default"];
    if (!isExporting(definition))
      throw new Error("The default export of `convex/schema.ts` is not a schema.");
    return JSON.parse(definition.export()) as SchemaJSON;
  }

  /** The jobs that `crons.ts` declares, by name; none without one. */
  async crons(): Promise<Record<string, CronJobJson>> {
    if (!this.realm.modules.includes("crons")) return {};
    const crons = (await this.realm.load("crons"))["default"];
    if (!isExporting(crons) || !("isCrons" in crons)) {
      throw new Error("The default export of `convex/crons.ts` is not what `cronJobs()` returns.");
    }
    return JSON.parse(crons.export()) as Record<string, CronJobJson>;
  }

  /** The default export of `auth.config.ts`, `undefined` without one. */
  async authConfig(): Promise<unknown> {
    return this.has("auth.config") ? (await this.realm.load("auth.config"))["default"] : undefined;
  }

  /** Every function of the build. A module that cannot be evaluated has none. */
  async functions(): Promise<LoadedFunction[]> {
    const found: LoadedFunction[] = [];
    for (const module of this.realm.modules) {
      if (module === "schema") continue;
      const namespace = await this.realm.load(module).catch((): Namespace => ({}));
      for (const [name, value] of Object.entries(namespace)) {
        const fn = toLoadedFunction(this.contexts, this.component, `${module}:${name}`, value);
        if (fn !== null) found.push(fn);
      }
    }
    return found;
  }

  /** Evaluates every module, so that what fails at import fails now. */
  async loadAll(): Promise<void> {
    const namespaces = new Map<string, Namespace>();
    for (const module of this.realm.modules) {
      if (module !== "schema") namespaces.set(module, await this.realm.load(module));
    }
    for (const [module, namespace] of namespaces) {
      for (const [name, value] of Object.entries(namespace)) {
        toLoadedFunction(this.contexts, this.component, `${module}:${name}`, value);
      }
    }
    await this.loadRouter();
  }
}

function isRouter(value: unknown): value is Router {
  return typeof value === "object" && value !== null && "isRouter" in value && "lookup" in value;
}

function isExporting(value: unknown): value is { export(): string } {
  return (
    typeof value === "object" && value !== null && "export" in value && typeof value.export === "function"
  );
}
