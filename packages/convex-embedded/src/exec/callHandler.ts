/** Calls the function of an execution, and ends the execution with it. */
import type { Value } from "convex/values";
import type { LoadedFunction } from "./loadedFunction";
import type { Snapshot } from "../store/types";
import type { Copy } from "../values/copy";
import { copyPlain } from "../values/copy";
import { resolveCommitTs } from "./commitTs";
import { toSyscallError } from "./errors";
import type { Execution } from "./execution";
import { executions } from "./execution";
import { reportFailure } from "./failures";
import { checkResult } from "./sizeLimits";
import { validateResult, ofUnknownSize } from "./validation";

/**
 * Calls the function and waits until nothing of it is under way; only then its transaction may end.
 *
 * @param snapshot is released then.
 */
export async function callHandler(
  execution: Execution,
  fn: LoadedFunction,
  args: Copy,
  snapshot: Snapshot | null = null,
): Promise<Value> {
  let result: Value;
  try {
    const returned = await execution.budget.run(() => executions.run(execution, invoke, execution, fn, args));
    const copy =
      copyPlain(returned ?? null) ?? ofUnknownSize(resolved(execution, await fn.serialize(returned)));
    checkResult(fn.path, copy, execution.engine.limits);
    result = copy.value;
  } catch (thrown) {
    const error = toSyscallError(thrown);
    if (error.data === undefined) reportFailure(execution, error);
    throw error;
  } finally {
    execution.end();
    // A nested function that was not awaited: its next syscall is refused, and its savepoint ends before ours does.
    if (execution.databaseQueue.busy) await execution.databaseQueue.idle();
    snapshot?.release();
  }
  validateResult(execution, fn, result);
  return result;
}

/** Within its caller's transaction a function's result may name the commit that is still to come. */
function resolved({ parent, transaction }: Execution, result: Value): Value {
  return parent === null && transaction !== null ? resolveCommitTs(transaction, result) : result;
}

function invoke(execution: Execution, fn: LoadedFunction, args: Copy): Promise<unknown> {
  return Promise.resolve(fn.call(execution, args.value));
}
