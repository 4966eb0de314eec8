/**
 * The scope of `"use node"` files: Node's own globals, except those that must belong to the functions.
 *
 * Convex runs these files in a Node process of their own (`npm-packages/node-executor` of get-convex/convex-backend). Here they
 * run in the server's process. Their `process.env` has the variables of the functions, and `process.exit()` throws, because it
 * would end the server.
 */
import { Console } from "node:console";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Writable } from "node:stream";
import { executions } from "../exec/execution";
import { convexGlobal } from "../syscalls/convexGlobal";
import { createConsole } from "./console";
import { NODE_REQUIRE } from "./nodeExternals";
import type { RealmOptions } from "./realm";

/** The server's variables that Convex also leaves in `process.env`. */
const KEPT_VARIABLES = ["PATH", "PWD", "LANG", "NODE_PATH", "TZ", "UTC"];

/**
 * Returns the values of the scope by name. All other names are Node's globals.
 *
 * @param folder The absolute path from which packages are resolved.
 */
export function nodeScope(
  { env, log, mapStack }: RealmOptions,
  folder: string,
): Readonly<Record<string, unknown>> {
  const filename = join(folder, "modules.js");
  const process = nodeProcess(env);
  const require = nodeRequire(filename, process);
  const own: Record<string, unknown> = {
    process,
    console: nodeConsole(createConsole(log, mapStack)),
    Convex: convexGlobal,
    fetch: guardableFetch,
  };
  const global = globalObject(own);
  return {
    ...own,
    globalThis: global,
    global,
    require,
    [NODE_REQUIRE]: require,
    module: { exports: {} },
    exports: {},
    __filename: filename,
    __dirname: folder,
  };
}

/** Assignments stay in the scope, so that a function cannot change the server's globals by mistake. */
function globalObject(own: Record<string, unknown>): object {
  const global: object = new Proxy(own, {
    get: (target, name): unknown =>
      Object.hasOwn(target, name) ? Reflect.get(target, name) : Reflect.get(globalThis, name),
    has: (target, name) => Reflect.has(target, name) || Reflect.has(globalThis, name),
  });
  own["globalThis"] = own["global"] = global;
  return global;
}

function nodeProcess(env: ReadonlyMap<string, string>): NodeJS.Process {
  const variables: Record<string, string | undefined> = {};
  for (const name of KEPT_VARIABLES) {
    const value = process.env[name];
    if (value !== undefined) variables[name] = value;
  }
  Object.assign(variables, Object.fromEntries(env));
  const refuse =
    (name: string) =>
    (code?: number): never => {
      const suffix = code === undefined ? "with no exit code" : `with exit code ${code}`;
      throw new Error(`process.${name}() called ${suffix}`);
    };
  const own = Object.create(process) as NodeJS.Process;
  const values = { env: variables, exit: refuse("exit"), abort: refuse("abort") };
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(own, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return own;
}

/** Returns a `require` of a file whose `node:process` is the functions' own. */
function nodeRequire(filename: string, process: NodeJS.Process): NodeJS.Require {
  return new Proxy(createRequire(filename), {
    apply: (require, _this, [name]: [string]): unknown =>
      /^(node:)?process$/.test(name) ? process : require(name),
  });
}

/** Returns Node's console. All of its lines go to the log, and name the function that wrote them. */
function nodeConsole(base: Readonly<Record<string, unknown>>): object {
  const stream = (write: (line: string) => void): Writable =>
    new Writable({
      decodeStrings: false,
      write(text: string, _encoding, done) {
        write(text.replace(/\n$/, ""));
        done();
      },
    });
  // `createConsole` returns these methods.
  const { log, error } = base as Record<"log" | "error", (line: string) => void>;
  const console = new Console({ stdout: stream(log), stderr: stream(error) });
  return Object.assign(console, base);
}

/** The `fetch` of guarded actions connects only to public addresses; see `server/guardedFunctions.ts`. */
function guardableFetch(...args: Parameters<typeof fetch>): Promise<Response> {
  const execution = executions.getStore();
  const guarded =
    execution?.component === "" ? execution.engine.guardedFetch?.get(execution.path) : undefined;
  return (guarded ?? fetch)(...args);
}
