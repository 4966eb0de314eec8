/** Calls functions for a test. */
import type { FunctionReference } from "convex/server";
import { getFunctionAddress } from "convex/server";
import type { Value } from "convex/values";
import { convexToJson } from "convex/values";
import { findFunction } from "../exec/findFunction";
import type { FunctionLocation } from "../exec/functionAddress";
import { resolveAddress } from "../exec/functionAddress";
import type { Engine } from "../exec/engine";
import type { Execution } from "../exec/execution";
import type { Origin } from "../exec/origins";
import { executions } from "../exec/execution";
import { parseArguments } from "../exec/validation";
import { nestLoaded, runFunction, runLoaded, runNested } from "../exec/run";
import type { FunctionKind, LoadedFunction } from "../exec/loadedFunction";
import type { Copy } from "../values/copy";
import { copyPlain, isFields } from "../values/copy";

/** A function of the test itself, called like a handler. */
export type Inline = (ctx: object, args: Value) => unknown;

/** A function of the app or of a component, or an inline function of the test. */
export type Callee = FunctionReference<FunctionKind> | Inline;

/**
 * Calls a function. A call while a query or mutation of the same instance runs, for example within `t.run`, joins that
 * transaction.
 */
export async function callFunction(
  engine: Engine,
  origin: Origin,
  kind: FunctionKind,
  callee: Callee,
  given: unknown,
): Promise<Value> {
  const args = copyOf(given ?? {});
  const caller = transactionAround(engine, kind);
  if (typeof callee === "function") {
    const fn = inlineFunction(engine, kind, "inline", callee);
    return caller === null ? runLoaded(engine, fn, args, origin) : nestLoaded(caller, fn, args);
  }
  const place = resolveAddress({ engine, component: "" }, getFunctionAddress(callee), undefined);
  const call = { ...place, kind, args };
  return caller === null ? runFunction(engine, call, origin) : runNested(caller, call);
}

/** A function by its component's path and its name, as the internals of `convex-test` name functions. */
export interface FunctionPath {
  readonly componentPath: string;
  /** `messages:send`. */
  readonly udfPath: string;
}

/** Calls a function of any kind by its path. A call within a transaction of the same instance joins it. */
export async function callByPath(
  engine: Engine,
  origin: Origin,
  path: FunctionPath,
  given: unknown,
): Promise<Value> {
  const { component, path: name, kind } = await findFunction(engine, locationOf(path));
  const call = { component, name, kind, args: copyOf(given ?? {}) };
  const caller = transactionAround(engine, kind);
  return caller === null ? runFunction(engine, call, origin) : runNested(caller, call);
}

/** Runs a query on the committed state, also within a transaction that has written. */
export function callOnSnapshot(
  engine: Engine,
  origin: Origin,
  path: FunctionPath,
  given: unknown,
): Promise<Value> {
  return runFunction(engine, { ...locationOf(path), kind: "query", args: copyOf(given ?? {}) }, origin);
}

function locationOf({ componentPath, udfPath }: FunctionPath): FunctionLocation {
  return { component: componentPath, name: udfPath };
}

/** Runs an inline function as a mutation. */
export function runInline(engine: Engine, origin: Origin, handler: Inline): Promise<Value> {
  const fn = inlineFunction(engine, "mutation", "custom", handler);
  return runLoaded(engine, fn, { value: {}, maxBytes: 0 }, origin);
}

function inlineFunction(engine: Engine, kind: FunctionKind, path: string, handler: Inline): LoadedFunction {
  const { contexts } = engine.modules;
  return {
    component: "",
    path,
    kind,
    visibility: "public",
    inNode: false,
    args: { type: "any" },
    returns: null,
    call: (execution, args) => handler(contexts[kind](execution, "public"), args),
    serialize: (result) => contexts.serialize(result),
  };
}

/** Returns the running transaction that a call joins, `null` if the call gets its own. */
function transactionAround(engine: Engine, kind: FunctionKind): Execution | null {
  const around = executions.getStore();
  if (around?.engine !== engine || around.reader === null || around.hasEnded) return null;
  if (kind === "query" || (kind === "mutation" && around.transaction !== null)) return around;
  return null;
}

function copyOf(args: unknown): Copy {
  if (!isFields(args)) throw new Error(`The arguments of a function must be an object, not ${String(args)}`);
  return copyPlain(args) ?? parseArguments(convexToJson(args as Value));
}
