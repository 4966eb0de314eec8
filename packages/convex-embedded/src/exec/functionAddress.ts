/** Resolves the address of a function: in the caller's component, in a child component, or anywhere by its handle. */
import { SyscallError } from "./errors";
import type { Engine } from "./engine";
import type { Execution } from "./execution";
import { pathFlaw } from "./functionPath";

/** A function's address as `convex/server` writes it. Exactly one of the fields is set. */
export interface FunctionAddress {
  /** `items:get`, in the caller's component. */
  readonly name?: string;
  /** `_reference/childComponent/rateLimiter/lib/rateLimit`: an export of one of the caller's child components. */
  readonly reference?: string;
  /** A handle from `createFunctionHandle`: `function://rateLimiter;lib:rateLimit`. */
  readonly functionHandle?: string;
}

// The symbols under which `convex/server` stores the name or the path of a reference. Loading all of it would need 8 MB.
const NAME = Symbol.for("functionName");
const PATH = Symbol.for("toReferencePath");

/** Returns the address in a function reference, as `getFunctionAddress` of `convex/server` does. `null` for other values. */
export function addressIn(reference: unknown): FunctionAddress | null {
  if (typeof reference === "string")
    return reference.startsWith(HANDLE) ? { functionHandle: reference } : { name: reference };
  if (typeof reference !== "object" || reference === null) return null;
  try {
    const { [NAME]: name, [PATH]: path } = reference as { [NAME]?: unknown; [PATH]?: unknown };
    if (typeof name === "string" && name !== "") return { name };
    return typeof path === "string" && path !== "" ? { reference: path } : null;
  } catch {
    // `api.items` has no name, and throws when it is read.
    return null;
  }
}

/** The parts of the caller that an address is resolved against. */
export type AddressScope = Pick<Execution, "engine" | "component">;

/** The component and the name of a function. */
export interface FunctionLocation {
  /** `""` for the app, else the component's path. */
  readonly component: string;
  /** `items:get`. */
  readonly name: string;
  /** True if only a public function matches. A component exports only its public functions to its parent. */
  readonly exported?: boolean;
  /** The operation that a function calls this one with, as Convex's messages name it. */
  readonly operation?: Operation | undefined;
}

/** `runUdf` is a call within the caller's transaction. */
export type Operation =
  "runUdf" | "runQuery" | "runMutation" | "runAction" | "scheduler" | "createFunctionHandle";

const CHILD = "_reference/childComponent/";
const OWN = "_reference/function/";
const HANDLE = "function://";

/**
 * Resolves an address against the caller's component. Does not check that the function exists.
 *
 * @param operation The operation that a function calls this one with, undefined for a caller that is not a function.
 * @throws SyscallError if the component is not mounted, or the value is not an address.
 */
export function resolveAddress(
  execution: AddressScope,
  address: FunctionAddress,
  operation: Operation | undefined,
): FunctionLocation {
  const { name, reference, functionHandle } = address;
  if (name !== undefined) return { component: execution.component, name, operation };
  if (functionHandle !== undefined) return parseHandle(functionHandle);
  if (reference?.startsWith(CHILD) === true) return inChild(execution, reference.slice(CHILD.length));
  if (reference?.startsWith(OWN) === true) {
    return { component: execution.component, name: reference.slice(OWN.length), operation };
  }
  throw new SyscallError(`${String(reference)} is not a function reference`);
}

/** Returns the handle of a function. It may be stored: it stays the same from build to build. */
export function toHandle({ component, name }: FunctionLocation): string {
  return `${HANDLE}${component};${name}`;
}

/** @throws SyscallError if the text is not a handle. */
export function parseHandle(handle: string): FunctionLocation {
  const [, component, name] = /^function:\/\/([^;]*);([^;]+)$/.exec(handle) ?? [];
  if (component === undefined || name === undefined) {
    throw new SyscallError(`Invalid function handle: ${handle}`);
  }
  return { component, name };
}

/** Returns a function's name in errors and log lines: `items:get`, `rateLimiter/lib:rateLimit`. */
export function functionLabel({
  component,
  path,
}: {
  readonly component: string;
  readonly path: string;
}): string {
  return component === "" ? path : `${component}/${path}`;
}

/** @param path `rateLimiter/lib/rateLimit`: the child's name, then the module's path and the function's name. */
function inChild({ engine, component }: AddressScope, path: string): FunctionLocation {
  const [child = "", ...attributes] = path.split("/");
  const children = engine.components.get(component)?.children ?? new Map<string, string>();
  const found = children.get(child);
  if (found === undefined) {
    const hint = engine.harness === true ? " Call `t.registerComponent`." : "";
    throw new SyscallError(noChild(component, child, [...children.keys()]) + hint);
  }
  const exported = attributes.pop();
  if (exported === undefined || attributes.length === 0) {
    throw new SyscallError(`${["components", child, ...attributes, exported].join(".")} is not a function`);
  }
  return { component: found, name: `${attributes.join("/")}:${exported}`, exported: true };
}

function noChild(component: string, child: string, mounted: readonly string[]): string {
  const where =
    component === "" ? "convex/convex.config.ts" : `the convex.config of the component ${component}`;
  const known = mounted.length === 0 ? "It mounts no components." : `It mounts ${mounted.join(", ")}.`;
  return `Child component "${child}" not found: ${where} does not mount it. ${known}`;
}

/** Returns the message for a function that does not exist. */
export function notFoundMessage(
  engine: Engine,
  { component, name, exported = false, operation }: FunctionLocation,
): string {
  const flaw = operation === undefined ? null : pathFlaw(name);
  if (flaw !== null) return `Invalid arguments for \`${operation}\`: ${flaw}`;
  if (!engine.components.has(component)) {
    return `Could not find function for '${name}': the component ${component} is not mounted.`;
  }
  if (exported) {
    return `Child component ${component} does not export ${name}: it has no public function of that name.`;
  }
  const folder = component === "" ? "the convex/ folder" : `the component ${component}`;
  return `Could not find function for '${name}'. It is not an exported query, mutation or action of ${folder}.`;
}
