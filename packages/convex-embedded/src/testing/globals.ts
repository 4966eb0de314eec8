/**
 * Globals as functions see them: no `fetch` and no timers in queries and mutations, where the time stands still, too.
 * What a function assigns to one of these names is its own: no test and no other function sees it.
 *
 * Functions share the test's realm, so this is done where the names are looked up: by accessors on `globalThis`. They
 * stay; for code outside of functions they are what was there before, fakes and stubs included.
 */
import type { Engine } from "../exec/engine";
import type { Execution } from "../exec/execution";
import { executions } from "../exec/execution";
import { SyscallError } from "../exec/errors";
import { pinnedDate } from "./pinnedDate";

const OF_THE_WORLD = ["fetch", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;

/** Those that libraries replace while they run a function, the workflow component for one. */
const REPLACEABLE = [
  "Date",
  "Math",
  "console",
  "process",
  "performance",
  "crypto",
  "Crypto",
  "CryptoKey",
  "SubtleCrypto",
  "atob",
  "btoa",
  "Request",
  "Response",
  "Headers",
  "URL",
  "URLSearchParams",
  "AbortController",
  "TextEncoder",
  "TextDecoder",
  "structuredClone",
  "queueMicrotask",
] as const;

const worldly: ReadonlySet<string> = new Set(OF_THE_WORLD);
const engines = new WeakSet<Engine>();
const assigned = new WeakMap<Execution, Map<string, unknown>>();
const ours = new WeakSet<object>();
const installed = new Set<string>();
/** The names that accessors of ours were asked for since it was emptied. */
const asked = new Set<string>();

/** What `Object.getOwnPropertyDescriptor` gives. */
interface Property {
  readonly value?: unknown;
  readonly writable?: boolean;
  readonly configurable?: boolean;
  readonly enumerable?: boolean;
  readonly get?: (this: object) => unknown;
  readonly set?: (this: object, value: unknown) => void;
}

/** From now on functions of this engine see their own globals. */
export function isolateGlobals(engine: Engine): void {
  engines.add(engine);
}

/** Puts the accessors in place, also where a test has put something else there meanwhile. To be called before a function. */
export function installGlobals(): void {
  for (const name of [...OF_THE_WORLD, ...REPLACEABLE]) install(name);
}

/** Runs `work` with the globals of the test, though a function may be what called. */
export function outsideFunctions<T>(work: () => T): T {
  return executions.exit(work);
}

function install(name: string): void {
  const descriptor: Property | undefined = Object.getOwnPropertyDescriptor(globalThis, name);
  if (descriptor?.configurable !== true) return;
  if (descriptor.get !== undefined && (ours.has(descriptor.get) || reaches(name))) return;
  const below = belowOf(name, descriptor);
  const get = (): unknown => {
    asked.add(name);
    const execution = isolated();
    if (execution === undefined) return below.get();
    const own = assigned.get(execution);
    if (own?.has(name) === true) return own.get(name);
    if (!execution.frozen) return below.get();
    if (worldly.has(name)) return refusal(name);
    return name === "Date" ? pinnedDate(execution, below.get() as DateConstructor) : below.get();
  };
  const set = (value: unknown): void => {
    const execution = isolated();
    if (execution === undefined) {
      below.set(value);
      return;
    }
    const own = assigned.get(execution) ?? new Map<string, unknown>();
    assigned.set(execution, own.set(name, value));
  };
  ours.add(get);
  installed.add(name);
  Object.defineProperty(globalThis, name, {
    get,
    set,
    configurable: true,
    enumerable: descriptor.enumerable ?? false,
  });
}

/** The function that runs, if it belongs to a test. Servers may run in the same process. */
function isolated(): Execution | undefined {
  const execution = executions.getStore();
  return execution !== undefined && engines.has(execution.engine) ? execution : undefined;
}

/** What was there before, as a test sees and changes it. */
function belowOf(name: string, descriptor: Property): { get: () => unknown; set: (value: unknown) => void } {
  const { get, set, writable } = descriptor;
  let current: unknown = descriptor.value;
  return {
    get: () => (get === undefined ? current : get.call(globalThis)),
    set(value) {
      if (set !== undefined) set.call(globalThis, value);
      else if (writable === true) current = value;
      else throw new TypeError(`Cannot assign to read only property '${name}' of the global object`);
    },
  };
}

/**
 * True if an accessor of ours is behind somebody else's: the official mock puts its own in front of what it finds, and so
 * would we, each time.
 */
function reaches(name: string): boolean {
  if (!installed.has(name)) return false;
  asked.delete(name);
  try {
    outsideFunctions(() => void Reflect.get(globalThis, name));
  } catch {
    return false;
  }
  return asked.has(name);
}

function refusal(name: string): () => never {
  return () => {
    throw new SyscallError(
      `\`${name}\` is not supported in queries and mutations. Please consider using an action. See ` +
        "https://docs.convex.dev/functions/actions for more details.",
    );
  };
}
