/** Calls the function of an execution, then ends the execution. */
import type { Value } from "convex/values";
import type { LoadedFunction } from "./loadedFunction";
import type { Snapshot } from "../store/types";
import type { Copy } from "../values/copy";
import { copyPlain } from "../values/copy";
import { logAudits } from "./auditLines";
import { resolveCommitTs } from "./commitTs";
import { toSyscallError } from "./errors";
import type { Execution } from "./execution";
import { executions } from "./execution";
import { describeFailure, reportFailure } from "./failures";
import { checkResult } from "./sizeLimits";
import { validateResult, ofUnknownSize } from "./validation";

/**
 * Calls the function, then waits until all of its database work has finished. Its transaction may end only after that.
 *
 * @param snapshot Released when the database work has finished.
 */
export async function callHandler(
  execution: Execution,
  fn: LoadedFunction,
  args: Copy,
  snapshot: Snapshot | null = null,
): Promise<Value> {
  // The log has an entry for the outermost function, which includes the lines of nested ones.
  const log = execution.parent === null ? execution.engine.executionLog : undefined;
  const started = log === undefined ? 0 : performance.now();
  // One `async` function: every function runs through here, and each further one costs two promises.
  try {
    let result: Value;
    try {
      const returned = await execution.budget.run(() =>
        executions.run(execution, invoke, execution, fn, args),
      );
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
      // A nested function may still run if it was not awaited. Its next syscall is refused, and its savepoint ends before ours.
      if (execution.databaseQueue.busy) await execution.databaseQueue.idle();
      snapshot?.release();
    }
    validateResult(execution, fn, result);
    // A mutation's lines wait for its commit.
    if (execution.audits.length > 0 && execution.kind === "query") logAudits(execution);
    log?.ended(execution, performance.now() - started, null);
    return result;
  } catch (thrown) {
    const describe = (): string => describeFailure(execution.engine, toSyscallError(thrown));
    log?.ended(execution, performance.now() - started, describe);
    throw thrown;
  }
}

/** Nested functions keep the placeholder: their commit has no timestamp yet. */
function resolved({ parent, transaction }: Execution, result: Value): Value {
  return parent === null && transaction !== null ? resolveCommitTs(transaction, result) : result;
}

function invoke(execution: Execution, fn: LoadedFunction, args: Copy): Promise<unknown> {
  return Promise.resolve(fn.call(execution, args.value));
}
