/**
 * Evaluates a bundle in this process, in a scope with the globals of Convex's default runtime.
 *
 * Unlike on Convex, a module is evaluated once and lives as long as the build: its state survives from one execution to the
 * next. Code must rely neither on that nor on fresh state.
 *
 * The scope is not a security boundary (see `globals.ts`). Run only functions that you trust with this process.
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { constants, Script } from "node:vm";
import type { ConvexLibrary } from "../exec/context/library";
import type { MapStack, Namespace, Realm } from "../exec/realm";
import type { LogLine } from "../exec/logLine";
import { executions } from "../exec/execution";
import { convexGlobal } from "../syscalls/convexGlobal";
import { FunctionEventTarget } from "../web/eventTarget";
import { textGlobals } from "../web/textEncoding";
import { webGlobals } from "../web/webClasses";
import type { Bundle } from "./bundle";
import type { NodeBundle } from "./nodeBundle";
import { nodeScope } from "./nodeScope";
import { createConsole } from "./console";
import { realmCrypto } from "./crypto";
import { IMPORTING_FUNCTION, importWhereAllowed } from "./dynamicImport";
import { scriptScope, withoutCodeGeneration } from "./globals";
import { NAMING_FUNCTION, pushedLibrary } from "./pushedLibrary";
import { withSourcePosition } from "./stack";
import { timeGlobals } from "./time";
import { realmWebAssembly } from "./webAssembly";
import { actionGlobals } from "./actionGlobals";

export interface RealmOptions {
  /** The contents of `process.env`. */
  readonly env: ReadonlyMap<string, string>;
  /** Maps the stack traces of this bundle and of the bundles that it calls. */
  readonly mapStack: MapStack;
  /** Returns milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: (line: LogLine) => void;
}

type Loaders = Readonly<Record<string, () => Promise<Namespace>>>;

interface Registered {
  readonly loaders: Loaders;
  readonly library: ConvexLibrary;
}

/**
 * Creates a realm for a bundle. Does not evaluate its modules yet.
 *
 * @param nodeBundle The `"use node"` files.
 */
export function createRealm(
  bundle: Bundle,
  options: RealmOptions,
  nodeBundle: NodeBundle | null = null,
): Realm {
  const { mapStack } = options;
  const own = register(bundle, (values) => evaluate(bundle, options, values));
  const node = nodeBundle && register(nodeBundle, (values) => evaluateInNode(nodeBundle, options, values));
  const loaders = { ...own.loaders, ...node?.loaders };

  const namespaces = new Map<string, Promise<Namespace>>();
  return {
    modules: Object.keys(loaders),
    mapStack,
    library: own.library,
    node: node && { modules: Object.keys(node.loaders), library: node.library },
    fixed: true,
    load(module) {
      let namespace = namespaces.get(module);
      if (namespace === undefined) {
        const loader = Object.hasOwn(loaders, module) ? loaders[module] : undefined;
        if (loader === undefined) return Promise.reject(new Error(`Module ${module} does not exist`));
        // Evaluate the module outside the execution that needs it first.
        namespace = executions.exit(loader).catch((error: unknown) => {
          throw withSourcePosition(error, mapStack);
        });
        namespaces.set(module, namespace);
      }
      return namespace;
    },
  };
}

/** Evaluates a bundle's script. @param run Evaluates it with these values in its scope. */
function register({ pushed }: Bundle, run: (values: Readonly<Record<string, unknown>>) => void): Registered {
  let registered: Registered | undefined;
  const named = pushedLibrary();
  run({
    __modules: (loaders: Loaders, library: ConvexLibrary) => void (registered = { loaders, library }),
    [NAMING_FUNCTION]: named.defineName,
  });
  if (registered === undefined) throw new Error("The bundle does not register its modules");
  const { loaders, library } = registered;
  return { loaders, library: pushed === true ? named.withFallback(library) : library };
}

/** Runs the script of `"use node"` files. @param own The values in its scope in addition to those of `nodeScope`. */
function evaluateInNode(
  bundle: NodeBundle,
  options: RealmOptions,
  own: Readonly<Record<string, unknown>>,
): void {
  run(bundle, new Map(Object.entries({ ...nodeScope(options, bundle.folder), ...own })), true);
}

/**
 * Runs a bundle's script in a new scope.
 *
 * @param own The values in its scope in addition to Convex's globals.
 */
export function evaluate(
  bundle: Bundle,
  options: RealmOptions,
  own: Readonly<Record<string, unknown>>,
): void {
  const scope = scriptScope({
    ...withoutCodeGeneration(),
    ...timeGlobals(options.clock),
    ...actionGlobals(),
    ...webGlobals,
    ...textGlobals,
    EventTarget: FunctionEventTarget,
    crypto: realmCrypto,
    WebAssembly: realmWebAssembly,
    [IMPORTING_FUNCTION]: importWhereAllowed,
    AsyncLocalStorage,
    AsyncResource,
    Convex: convexGlobal,
    console: createConsole(options.log, options.mapStack),
    process: { env: environment(options.env) },
    ...own,
  });
  run(bundle, scope);
}

/**
 * Runs a script. The parameters of the outer function are the scope. The inner function is strict, like a module.
 *
 * @param importsFiles True if `import()` of a computed name may load files and packages.
 */
function run(bundle: Bundle, scope: ReadonlyMap<string, unknown>, importsFiles = false): void {
  const open = `(function (${[...scope.keys()].join(", ")}) { return (function () { "use strict";`;
  const script = new Script(`${open}\n${bundle.code}\n}).call(undefined); })`, {
    filename: bundle.filename,
    // Excludes the line before the bundle from line numbers.
    lineOffset: -1,
    ...(importsFiles && { importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER }),
  });
  const inScope = script.runInThisContext() as (...values: unknown[]) => void;
  inScope(...scope.values());
}

/** Returns a `process.env` as on Convex: variables can be read but not listed, and assignments have no effect. */
function environment(env: ReadonlyMap<string, string>): Record<string, string | undefined> {
  return new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_target, name) => (typeof name === "string" ? env.get(name) : undefined),
      set: () => true,
    },
  );
}
