/** Runs one HTTP request as a Convex isolate does, in a new V8 context with web globals, without Node and `eval`. */
import { createHash, webcrypto } from "node:crypto";
import { posix } from "node:path";
// A default import, because a named import of `SourceTextModule` fails to link if Node runs without its flag.
import vm from "node:vm";
import { ENTRY, IMPORT, IMPORTED, type Graph } from "./bundle";

/** The answers of the internal functions that a candidate may call, by function name. */
export type Answers = Record<string, unknown>;

type Endpoint = { invokeHttpAction(request: Request): Promise<Response> };
export type Router = { lookup(path: string, method: string): [Endpoint, string, string] | null };

/**
 * Creates a context. It is not "contextified": its global is an ordinary object, as in an isolate. A contextified global would
 * turn every lookup of `Object` or `Response` into a slow call to Node.
 */
export function createIsolate(answers: Answers, env: Record<string, string>): vm.Context {
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
    codeGeneration: { strings: false, wasm: false },
  });
  const globals = { ...WEB_GLOBALS, process: { env: Object.freeze({ ...env }) }, Convex: syscalls(answers) };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(context, name, { value, writable: true, configurable: true, enumerable: false });
  }
  return context;
}

/**
 * Compiles `http.js` and its static imports from their text, links and evaluates them, and returns the router. A module behind
 * `import()` is compiled when a request imports it.
 */
export async function loadModules(context: vm.Context, { modules }: Graph): Promise<Router> {
  const compiled = new Map<string, vm.SourceTextModule>();
  const named = (name: string): vm.SourceTextModule => {
    const known = compiled.get(name);
    if (known) return known;
    const source = modules.get(name);
    if (source === undefined) throw new Error(`The bundle does not contain ${name}`);
    const module = new vm.SourceTextModule(source, {
      context,
      identifier: name,
      importModuleDynamically: (specifier) => evaluated(named(resolved(specifier, name))),
    });
    compiled.set(name, module);
    return module;
  };
  const evaluated = async (module: vm.SourceTextModule): Promise<vm.SourceTextModule> => {
    if (module.status === "unlinked")
      await module.link((specifier, { identifier }) => named(resolved(specifier, identifier)));
    await module.evaluate();
    return module;
  };
  return routerOf((await evaluated(named(ENTRY))).namespace);
}

const resolved = (specifier: string, importer: string): string =>
  posix.join(posix.dirname(importer), specifier);

/** The code cache of each script that a request runs, by the name of its module. */
export type CodeCache = ReadonlyMap<string, Buffer>;

/** Runs the same code as scripts from V8's code cache. */
export function loadCached(context: vm.Context, graph: Graph, cache: CodeCache): Router {
  const compile = (source: string, name: string) => {
    const cachedData = cache.get(name);
    const compiled = new vm.Script(source, { filename: name, ...(cachedData && { cachedData }) });
    if (!cachedData || compiled.cachedDataRejected) throw new Error(`There is no code cache for ${name}`);
    return compiled;
  };
  return runScripts(context, graph, compile);
}

/** Returns V8's code cache of the scripts that `exercise` runs, including the functions that it runs. */
export async function codeCacheOf(
  context: vm.Context,
  graph: Graph,
  exercise: (router: Router) => Promise<unknown>,
): Promise<CodeCache> {
  const compiled = new Map<string, vm.Script>();
  const router = runScripts(context, graph, (source, name) => {
    const script = new vm.Script(source, { filename: name });
    compiled.set(name, script);
    return script;
  });
  await exercise(router);
  return new Map([...compiled].map(([name, script]) => [name, script.createCachedData()]));
}

function runScripts(
  context: vm.Context,
  { scripts }: Graph,
  compile: (source: string, name: string) => vm.Script,
): Router {
  const imported: Record<string, unknown> = {};
  const run = (name: string): unknown => {
    if (Object.hasOwn(imported, name)) return imported[name];
    const script = scripts.get(name);
    if (!script) throw new Error(`The bundle does not contain ${name}`);
    script.imports.forEach(run);
    return (imported[name] = compile(script.source, name).runInContext(context));
  };
  context[IMPORTED] = imported;
  context[IMPORT] = (name: string) => Promise.resolve(run(name));
  return routerOf(run(ENTRY));
}

/** Finds the route and runs it, as Convex's runtime does. */
export async function invoke(router: Router, request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const match = router.lookup(pathname, request.method);
  if (match === null) throw new Error(`The router has no route for ${request.method} ${pathname}`);
  return match[0].invokeHttpAction(request);
}

/** Casts the untyped namespace. A namespace without a router fails at `lookup`. */
function routerOf(namespace: unknown): Router {
  return (namespace as { default: Router }).default;
}

/** Returns Convex's syscalls. They answer immediately, so that only the app is measured. An unexpected call throws. */
function syscalls(answers: Answers): object {
  const unknown = (op: string, json: unknown): never => {
    throw new Error(`candidates.ts has no answer for ${op} ${JSON.stringify(json)}`);
  };
  return {
    syscall: unknown,
    jsSyscall: unknown,
    asyncSyscall: async (op: string, json: string) => {
      await Promise.resolve();
      const { name } = JSON.parse(json) as { name?: string };
      const calls = op === "1.0/actions/query" || op === "1.0/actions/mutation";
      return calls && name !== undefined && Object.hasOwn(answers, name)
        ? JSON.stringify(answers[name])
        : unknown(op, json);
    },
  };
}

/** Computes a digest synchronously, as Convex does. Node's own digest uses another thread, and waiting for it adds noise. */
function digest(algorithm: string, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer> {
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : data;
  const hash = createHash(algorithm.replace("-", "")).update(new Uint8Array(bytes)).digest();
  return Promise.resolve(new Uint8Array(hash).buffer);
}

const silent = (): void => undefined;

const WEB_GLOBALS = {
  console: { log: silent, info: silent, warn: silent, error: silent, debug: silent, trace: silent },
  crypto: {
    getRandomValues: webcrypto.getRandomValues.bind(webcrypto),
    randomUUID: webcrypto.randomUUID.bind(webcrypto),
    subtle: { digest },
  },
  AbortController,
  AbortSignal,
  Blob,
  DOMException,
  Event,
  EventTarget,
  FormData,
  Headers,
  ReadableStream,
  Request,
  Response,
  TextDecoder,
  TextDecoderStream,
  TextEncoder,
  TextEncoderStream,
  TransformStream,
  URL,
  URLSearchParams,
  WritableStream,
  atob,
  btoa,
  clearInterval,
  clearTimeout,
  fetch,
  performance,
  queueMicrotask,
  setInterval,
  setTimeout,
  structuredClone,
};
