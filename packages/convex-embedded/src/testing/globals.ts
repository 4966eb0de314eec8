/**
 * The globals that functions see. Queries and mutations have no `fetch` and no timers, and time stands still in them. An assignment
 * to one of these globals is visible only to the function that made it.
 *
 * Functions share the test's realm, so the lookup is intercepted by accessors on `globalThis`. The accessors stay installed. Code
 * outside functions sees the previous values, including fakes and stubs.
 */
import type { Engine } from "../exec/engine";
import type { Execution } from "../exec/execution";
import { executions } from "../exec/execution";
import { SyscallError } from "../exec/errors";
import { pinnedDate } from "./pinnedDate";

const ACTION_ONLY = ["fetch", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;

/** Globals that libraries such as the workflow component replace while they run a function. */
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

const actionOnly: ReadonlySet<string> = new Set(ACTION_ONLY);
const engines = new WeakSet<Engine>();
const assigned = new WeakMap<Execution, Map<string, unknown>>();
const ours = new WeakSet<object>();
const installed = new Set<string>();
/** The names read through these accessors since the set was cleared. */
const asked = new Set<string>();

/** A result of `Object.getOwnPropertyDescriptor`. */
interface Property {
  readonly value?: unknown;
  readonly writable?: boolean;
  readonly configurable?: boolean;
  readonly enumerable?: boolean;
  readonly get?: (this: object) => unknown;
  readonly set?: (this: object, value: unknown) => void;
}

/** Makes functions of this engine see their own globals. */
export function isolateGlobals(engine: Engine): void {
  engines.add(engine);
}

/** Installs the accessors, also over values that a test has set meanwhile. Call it before each function. */
export function installGlobals(): void {
  for (const name of [...ACTION_ONLY, ...REPLACEABLE]) install(name);
}

/** Runs `work` with the globals of the test, even if a function is the caller. */
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
    if (actionOnly.has(name)) return refusal(name);
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

/** Returns the running execution if it belongs to a test. Servers may run in the same process. */
function isolated(): Execution | undefined {
  const execution = executions.getStore();
  return execution !== undefined && engines.has(execution.engine) ? execution : undefined;
}

/** Returns access to the previous value of a global, which tests read and write. */
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
 * True if an accessor of this module is behind a foreign one. The official mock wraps the accessor that it finds; wrapping that
 * again each time would build an endless chain.
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
