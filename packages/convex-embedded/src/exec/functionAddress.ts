/** From how a function names another one to where that is: in its own component, in one below, or anywhere by handle. */
import { SyscallError } from "./errors";
import type { Engine } from "./engine";
import type { Execution } from "./execution";

/** How `convex/server` names a function: one of the three. */
export interface FunctionAddress {
  /** `items:get`, of the caller's own component. */
  readonly name?: string;
  /** `_reference/childComponent/rateLimiter/lib/rateLimit`: what a component of the caller's own exports. */
  readonly reference?: string;
  /** What `createFunctionHandle` gave: `function://rateLimiter;lib:rateLimit`. */
  readonly functionHandle?: string;
}

/** Who names it. */
export type AddressScope = Pick<Execution, "engine" | "component">;

/** Where a function is. */
export interface FunctionLocation {
  /** `""` for the app, else the component's path. */
  readonly component: string;
  /** `items:get`. */
  readonly name: string;
  /** True if only a public function may be meant: a component exports no others to its parent. */
  readonly exported?: boolean;
}

const CHILD = "_reference/childComponent/";
const OWN = "_reference/function/";
const HANDLE = "function://";

/**
 * Where an address leads, seen from the caller's component. Whether there is such a function is not looked at.
 *
 * @throws SyscallError for a component that is not mounted and what is no address.
 */
export function resolveAddress(execution: AddressScope, address: FunctionAddress): FunctionLocation {
  const { name, reference, functionHandle } = address;
  if (name !== undefined) return { component: execution.component, name };
  if (functionHandle !== undefined) return parseHandle(functionHandle);
  if (reference?.startsWith(CHILD) === true) return inChild(execution, reference.slice(CHILD.length));
  if (reference?.startsWith(OWN) === true) {
    return { component: execution.component, name: reference.slice(OWN.length) };
  }
  throw new SyscallError(`${String(reference)} is not a function reference`);
}

/** The handle of a function. It is text that can be stored, and stays the same from build to build. */
export function toHandle({ component, name }: FunctionLocation): string {
  return `${HANDLE}${component};${name}`;
}

/** @throws SyscallError for what is no handle. */
export function parseHandle(handle: string): FunctionLocation {
  const [, component, name] = /^function:\/\/([^;]*);([^;]+)$/.exec(handle) ?? [];
  if (component === undefined || name === undefined) {
    throw new SyscallError(`Invalid function handle: ${handle}`);
  }
  return { component, name };
}

/** How errors and log lines name a function: `items:get`, `rateLimiter/lib:rateLimit`. */
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
    throw new SyscallError(`${["components", child, ...attributes, exported].join(".")} is no function`);
  }
  return { component: found, name: `${attributes.join("/")}:${exported}`, exported: true };
}

function noChild(component: string, child: string, mounted: readonly string[]): string {
  const where =
    component === "" ? "convex/convex.config.ts" : `the convex.config of the component ${component}`;
  const known = mounted.length === 0 ? "It mounts none." : `It mounts ${mounted.join(", ")}.`;
  return `Child component "${child}" not found: ${where} does not mount it. ${known}`;
}

/** Why there is no function at a place, in one sentence. */
export function notFoundMessage(
  engine: Engine,
  { component, name, exported = false }: FunctionLocation,
): string {
  if (!engine.components.has(component)) {
    return `Could not find function for '${name}': the component ${component} is not mounted.`;
  }
  if (exported) {
    return `Child component ${component} does not export ${name}: it has no public function of that name.`;
  }
  const folder = component === "" ? "the convex/ folder" : `the component ${component}`;
  return `Could not find function for '${name}'. It is no exported query, mutation or action of ${folder}.`;
}
