/** The syscalls that call other functions. */
import type { JSONValue } from "convex/values";
import type { FunctionKind } from "../runtime/modules";
import { SyscallError, unsupported } from "./errors";
import type { Execution } from "./execution";
import { runFunction, runNested } from "./run";

/** How `convex/server` names a function: one of the three. */
interface Address {
  readonly name?: string;
  readonly reference?: string;
  readonly functionHandle?: string;
}

interface CallArgs extends Address {
  readonly args: JSONValue;
}

interface UdfArgs extends CallArgs {
  readonly udfType: string;
  readonly transactionLimits?: JSONValue;
}

/** `ctx.runQuery`, `ctx.runMutation`, `ctx.runAction` of an action, each with its own transaction. */
export function actionCall(kind: FunctionKind): (execution: Execution, args: CallArgs) => Promise<string> {
  return (execution, args) => {
    if (execution.frozen) throw new SyscallError(`Cannot call an ${kind} this way from a ${execution.kind}`);
    return runFunction(execution.engine, { kind, name: nameOf(args), args: args.args }, execution.origin);
  };
}

/** `ctx.runQuery` and `ctx.runMutation` of queries and mutations, within the caller's transaction. */
export function runUdf(execution: Execution, args: UdfArgs): Promise<string> {
  if (args.transactionLimits !== undefined)
    throw unsupported("Limits of a nested call (`transactionLimits`)");
  const call = { name: nameOf(args), args: args.args };
  switch (args.udfType) {
    case "query":
      return runNested(execution, { ...call, kind: "query" });
    case "mutation":
      if (execution.kind === "mutation") return runNested(execution, { ...call, kind: "mutation" });
      throw new SyscallError(`Cannot call a mutation function from a ${execution.kind} function`);
    case "snapshotQuery":
      // `useStaleSnapshot`: the last committed state, without the caller's own writes.
      return runFunction(execution.engine, { ...call, kind: "query" }, execution.origin);
    default:
      throw new SyscallError(`Unknown type of function: ${args.udfType}`);
  }
}

function nameOf({ name, reference }: Address): string {
  if (name !== undefined) return name;
  if (reference !== undefined) throw unsupported("Components", `The function asked for ${reference}.`);
  throw unsupported("Function handles");
}
