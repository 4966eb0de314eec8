/** The syscalls that call other functions. */
import type { JSONValue, Value } from "convex/values";
import { convexToJson } from "convex/values";
import type { FunctionKind } from "./loadedFunction";
import type { Copy } from "../values/copy";
import type { FunctionAddress } from "./functionAddress";
import { toHandle, resolveAddress } from "./functionAddress";
import { SyscallError, unsupported } from "./errors";
import type { Execution } from "./execution";
import type { TransactionLimits } from "./limits";
import { CONVEX_LIMITS } from "./limits";
import { findFunction } from "./findFunction";
import { parseArguments } from "./validation";
import { runFunction, runNested } from "./run";

interface CallArgs extends FunctionAddress {
  readonly args: JSONValue;
}

interface UdfArgs extends CallArgs {
  readonly udfType: string;
  readonly transactionLimits?: Partial<TransactionLimits>;
}

/** `ctx.runQuery`, `ctx.runMutation` and `ctx.runAction` of an action. Each call has its own transaction. */
export function actionCall(kind: FunctionKind): (execution: Execution, args: CallArgs) => Promise<string> {
  return (execution, args) =>
    execution.calls.run(async () => {
      execution.assertRunning();
      return toText(await startCall(execution, kind, args, parseArguments(args.args)));
    });
}

const OPERATIONS = { query: "runQuery", mutation: "runMutation", action: "runAction" } as const;

/**
 * Starts an action's call with arguments that are already values. Does not wait for a free slot.
 *
 * @param args The callee owns them from now on.
 * @throws SyscallError synchronously, or rejects with it.
 */
export function startCall(
  execution: Execution,
  kind: FunctionKind,
  address: FunctionAddress,
  args: Copy,
): Promise<Value> {
  if (execution.frozen)
    throw new SyscallError(`Cannot make an action's ${kind} call from a ${execution.kind}`);
  const location = resolveAddress(execution, address, OPERATIONS[kind]);
  return runFunction(execution.engine, { ...location, kind, args }, execution.originFor(location.component));
}

/** `ctx.runQuery` and `ctx.runMutation` of queries and mutations, within the caller's transaction. */
export async function runUdf(execution: Execution, args: UdfArgs): Promise<string> {
  return toText(await runUdfOnValues(execution, args, parseArguments(args.args)));
}

function runUdfOnValues(execution: Execution, args: UdfArgs, values: Copy): Promise<Value> {
  const limits = limitsOf(args);
  const call = { ...resolveAddress(execution, args, "runUdf"), args: values, ...(limits && { limits }) };
  switch (args.udfType) {
    case "query":
      return runNested(execution, { ...call, kind: "query" });
    case "mutation":
      if (execution.kind === "mutation") return runNested(execution, { ...call, kind: "mutation" });
      throw new SyscallError(`Cannot call a mutation function from a ${execution.kind} function`);
    case "snapshotQuery":
      // `useStaleSnapshot`: the last committed state, without the caller's own writes.
      return runFunction(execution.engine, { ...call, kind: "query" }, execution.originFor(call.component));
    default:
      throw new SyscallError(`Unknown type of function: ${args.udfType}`);
  }
}

function toText(value: Value): string {
  return JSON.stringify(convexToJson(value));
}

function limitsOf({ udfType, transactionLimits: limits }: UdfArgs): Partial<TransactionLimits> | undefined {
  if (limits === undefined) return undefined;
  const unknown = Object.keys(limits).find((name) => !Object.hasOwn(CONVEX_LIMITS.transaction, name));
  if (unknown !== undefined) throw unsupported(`Limits of a nested call for \`${unknown}\``);
  if (udfType === "snapshotQuery") throw unsupported("Limits of a nested query with `useStaleSnapshot`");
  return limits;
}

/** `createFunctionHandle`. @returns the JSON text of the handle. @throws SyscallError if the function does not exist. */
export async function createFunctionHandle(execution: Execution, address: FunctionAddress): Promise<string> {
  const fn = await findFunction(execution.engine, resolveAddress(execution, address, "createFunctionHandle"));
  return JSON.stringify(toHandle({ component: fn.component, name: fn.path }));
}

/** Always throws: since `convex` 1.48 a component receives environment variables and cannot receive arguments. */
export function componentArgument({ component }: Execution, { name }: { readonly name: string }): string {
  throw new SyscallError(
    component === ""
      ? "Component arguments are not available within the app"
      : `Component argument '${name}' not found`,
  );
}
