/** `ctx.runQuery` and `ctx.runMutation` of queries and mutations, on the fast path. */
import type { Value } from "convex/values";
import type { FunctionKind } from "../loadedFunction";
import { resolveAddress } from "../functionAddress";
import { toSyscallError } from "../errors";
import type { Execution } from "../execution";
import { runNested } from "../run";
import type { ToThrown } from "./synchronous";
import type { PlainCall } from "./fastCalls";
import { parseCall } from "./fastCalls";

/** A call with options, such as its own limits, takes the slow path. */
type Call = (reference: unknown, args?: unknown, options?: unknown) => Promise<Value>;

export interface QueryCalls {
  readonly runQuery: Call;
}

export interface MutationCalls extends QueryCalls {
  readonly runMutation: Call;
}

/** Returns the calls of a context. @param base The calls of `convex/server`. They handle calls that are not plain. */
export function fastNestedCalls(
  execution: Execution,
  base: QueryCalls & Partial<MutationCalls>,
  toThrown: ToThrown,
): QueryCalls & Partial<MutationCalls> {
  const fast =
    (kind: FunctionKind, slow: Call): Call =>
    (reference, args, options) => {
      const plain = options === undefined ? parseCall(reference, args) : null;
      if (plain === null) return slow(reference, args, options);
      return call(execution, kind, plain, toThrown);
    };
  const { runQuery, runMutation } = base;
  return {
    runQuery: fast("query", runQuery),
    ...(runMutation && { runMutation: fast("mutation", runMutation) }),
  };
}

async function call(
  execution: Execution,
  kind: FunctionKind,
  { address, args }: PlainCall,
  toThrown: ToThrown,
): Promise<Value> {
  let entered = false;
  try {
    execution.assertRunning();
    execution.budget.enter();
    entered = true;
    return await runNested(execution, { ...resolveAddress(execution, address, "runUdf"), args, kind });
  } catch (thrown) {
    throw toThrown(toSyscallError(thrown));
  } finally {
    if (entered) execution.budget.exit();
  }
}
