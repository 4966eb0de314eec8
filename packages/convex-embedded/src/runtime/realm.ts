/**
 * Evaluates a bundle in this process, in a scope that has what Convex's default runtime has.
 *
 * Unlike on Convex a module is evaluated once and lives as long as the build: its state survives from one execution
 * to the next. Code must not rely on that, nor on the opposite.
 *
 * It is no security boundary (see `globals.ts`): run only functions that you trust as you trust this process.
 */
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { Script } from "node:vm";
import type { ConvexLibrary } from "../exec/context/library";
import type { MapStack, Namespace, Realm } from "../exec/realm";
import type { LogLine } from "../exec/logLine";
import { executions } from "../exec/execution";
import { convexGlobal } from "../syscalls/convexGlobal";
import { webGlobals } from "../web/webClasses";
import type { Bundle } from "./bundle";
import { createConsole } from "./console";
import { realmCrypto } from "./crypto";
import { scriptScope, withoutCodeGeneration } from "./globals";
import { withSourcePosition } from "./stack";
import { timeGlobals } from "./time";
import { actionGlobals } from "./actionGlobals";

export interface RealmOptions {
  /** What `process.env` answers. */
  readonly env: ReadonlyMap<string, string>;
  /** For the traces of this bundle and of those that it calls. */
  readonly mapStack: MapStack;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly log: (line: LogLine) => void;
}

type Loaders = Readonly<Record<string, () => Promise<Namespace>>>;

/** Makes a realm of a bundle. None of its modules is evaluated yet. */
export function createRealm(bundle: Bundle, options: RealmOptions): Realm {
  const { mapStack } = options;
  let made: { readonly loaders: Loaders; readonly library: ConvexLibrary } | undefined;
  evaluate(bundle, options, {
    __modules: (loaders: Loaders, library: ConvexLibrary) => void (made = { loaders, library }),
  });
  if (made === undefined) throw new Error("The bundle hands over no modules");
  const { loaders, library } = made;

  const namespaces = new Map<string, Promise<Namespace>>();
  return {
    modules: Object.keys(loaders),
    mapStack,
    library,
    fixed: true,
    load(module) {
      let namespace = namespaces.get(module);
      if (namespace === undefined) {
        const loader = Object.hasOwn(loaders, module) ? loaders[module] : undefined;
        if (loader === undefined) return Promise.reject(new Error(`There is no module ${module}`));
        // A module belongs to no execution, even if one is the first to need it.
        namespace = executions.exit(loader).catch((error: unknown) => {
          throw withSourcePosition(error, mapStack);
        });
        namespaces.set(module, namespace);
      }
      return namespace;
    },
  };
}

/**
 * Runs a bundle's script in a new scope.
 *
 * @param own what it finds there beside Convex's globals.
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
    crypto: realmCrypto,
    AsyncLocalStorage,
    AsyncResource,
    Convex: convexGlobal,
    console: createConsole(options.log, options.mapStack),
    process: { env: environment(options.env) },
    ...own,
  });
  run(bundle, scope);
}

/** The outer function's parameters are the scope, the inner one is strict, as modules are. */
function run(bundle: Bundle, scope: ReadonlyMap<string, unknown>): void {
  const open = `(function (${[...scope.keys()].join(", ")}) { return (function () { "use strict";`;
  const script = new Script(`${open}\n${bundle.code}\n}).call(undefined); })`, {
    filename: bundle.filename,
    // The line that is put before the bundle does not count.
    lineOffset: -1,
  });
  const inScope = script.runInThisContext() as (...values: unknown[]) => void;
  inScope(...scope.values());
}

/** As on Convex: names can be read, not listed; what is assigned is lost. */
function environment(env: ReadonlyMap<string, string>): Record<string, string | undefined> {
  return new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_target, name) => (typeof name === "string" ? env.get(name) : undefined),
      set: () => true,
    },
  );
}
