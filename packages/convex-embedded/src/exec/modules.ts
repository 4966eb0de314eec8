/** The functions of a build by their paths, its HTTP router and its schema. */
import { Contexts } from "./context/contexts";
import type { CronJobJson } from "./cronJob";
import type { SchemaJSON } from "../store/types";
import type { LoadedFunction } from "./loadedFunction";
import { toLoadedFunction } from "./loadedFunction";
import type { Namespace, Realm } from "./realm";

/** An HTTP action as `httpActionGeneric` of `convex/server` creates it. */
interface HttpAction {
  readonly _handler?: (ctx: object, request: Request | null) => unknown;
}

/** The default export of `http.ts`. */
export interface Router {
  lookup(path: string, method: string): readonly [action: HttpAction, method: string, path: string] | null;
  /** Returns the routes by path and method. A path that ends with `*` is a prefix. A router of another library may lack them. */
  getRoutes?(): readonly (readonly [path: string, method: string, ...action: unknown[]])[];
  /** Calls the route's handler; request and response go through `Convex.jsSyscall`. */
  runRequest(requestJson: string, path: string): Promise<string>;
}

export class Modules {
  readonly mapStack: Realm["mapStack"];
  readonly contexts: Contexts;
  readonly #nodeContexts: Contexts | null;
  readonly #functions = new Map<string, LoadedFunction>();
  #router: Router | null = null;
  #standardRouter = false;

  /** @param component The path of the component, `""` for the app. */
  constructor(
    private readonly realm: Realm,
    readonly component = "",
  ) {
    this.contexts = new Contexts(realm.library);
    this.#nodeContexts = realm.node && new Contexts(realm.node.library);
    this.mapStack = realm.mapStack;
  }

  /** Returns a function that `find` has found before under the same name. */
  loaded(name: string): LoadedFunction | undefined {
    return this.#functions.get(name);
  }

  /**
   * Finds a function by name. Returns `null` if it does not exist.
   *
   * @param name `items:get`, `http/items:get`, `items` or `items:default`; `items.js:get` is the same as `items:get`.
   * @throws the error that its module throws during evaluation, or Convex's error for a query in a `"use node"` file.
   */
  async find(name: string): Promise<LoadedFunction | null> {
    const [path = "", exported = "default", ...more] = name.split(":");
    const module = path.replace(/\.js$/, "");
    if (more.length > 0 || module === "schema" || !this.realm.modules.includes(module)) return null;
    const namespace = await this.realm.load(module);
    const fn = Object.hasOwn(namespace, exported)
      ? this.#toFunction(module, exported, namespace[exported])
      : null;
    if (fn !== null && this.realm.fixed) this.#functions.set(name, fn);
    return fn;
  }

  /** True if the build has a module of that name: `items`, `http/items`. */
  has(module: string): boolean {
    return this.realm.modules.includes(module);
  }

  /** The router, `null` before `loadRouter` has loaded it. */
  get router(): Router | null {
    return this.realm.fixed ? this.#router : null;
  }

  /** Loads the router. Returns `null` if the project has no `http` module. */
  async loadRouter(): Promise<Router | null> {
    if (this.router === null && this.realm.modules.includes("http")) {
      const router = (await this.realm.load("http"))["default"];
      if (!isRouter(router)) throw new Error("The default export of `convex/http.ts` is not a Router.");
      this.#router = router;
      this.#standardRouter = this.contexts.isStandard(router);
    }
    return this.#router;
  }

  /** True if the actions that `lookup` returns may be called without `runRequest`. */
  get standardRouter(): boolean {
    return this.#standardRouter;
  }

  /** Returns the schema of `schema.ts`, `null` without that file. */
  async schema(): Promise<SchemaJSON | null> {
    if (!this.realm.modules.includes("schema")) return null;
    const definition = (await this.realm.load("schema"))["default"];
    if (!isExporting(definition))
      throw new Error("The default export of `convex/schema.ts` is not a schema.");
    return JSON.parse(definition.export()) as SchemaJSON;
  }

  /** Returns the jobs of `crons.ts` by name. Empty without that file. */
  async crons(): Promise<Record<string, CronJobJson>> {
    if (!this.realm.modules.includes("crons")) return {};
    const crons = (await this.realm.load("crons"))["default"];
    if (!isExporting(crons) || !("isCrons" in crons)) {
      throw new Error("The default export of `convex/crons.ts` is not what `cronJobs()` returns.");
    }
    return JSON.parse(crons.export()) as Record<string, CronJobJson>;
  }

  /** Returns the default export of `auth.config.ts`, `undefined` without that file. */
  async authConfig(): Promise<unknown> {
    return this.has("auth.config") ? (await this.realm.load("auth.config"))["default"] : undefined;
  }

  /** Returns every function of the build. Skips modules that cannot be evaluated. */
  async functions(): Promise<LoadedFunction[]> {
    const found: LoadedFunction[] = [];
    for (const module of this.realm.modules) {
      if (module === "schema") continue;
      const namespace = await this.realm.load(module).catch((): Namespace => ({}));
      try {
        for (const [name, value] of Object.entries(namespace)) {
          const fn = this.#toFunction(module, name, value);
          if (fn !== null) found.push(fn);
        }
      } catch {
        continue;
      }
    }
    return found;
  }

  /** Evaluates every module, so that errors at import appear now. */
  async loadAll(): Promise<void> {
    const namespaces = new Map<string, Namespace>();
    for (const module of this.realm.modules) {
      if (module !== "schema") namespaces.set(module, await this.realm.load(module));
    }
    for (const [module, namespace] of namespaces) {
      for (const [name, value] of Object.entries(namespace)) {
        this.#toFunction(module, name, value);
      }
    }
    await this.loadRouter();
  }

  /** Converts an export. Returns `null` if it is not a function of Convex. @throws Error for a query in a `"use node"` file. */
  #toFunction(module: string, exported: string, value: unknown): LoadedFunction | null {
    const node = this.realm.node?.modules.includes(module) === true;
    const contexts = (node ? this.#nodeContexts : null) ?? this.contexts;
    const fn = toLoadedFunction(contexts, this.component, `${module}:${exported}`, value, node);
    if (node && fn !== null && fn.kind !== "action") {
      const kind = fn.kind === "query" ? "Query" : "Mutation";
      throw new Error(
        `\`${exported}\` defined in \`${module}.js\` is a ${kind} function. Only actions can be defined in Node.js. ` +
          "See https://docs.convex.dev/functions/actions for more details.",
      );
    }
    return fn;
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
