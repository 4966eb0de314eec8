/**
 * The global `Convex`, the interface between `convex/server` and its host. The process has one. Each call finds its execution
 * through `executions`.
 */
import { webGlobals } from "../web/webClasses";
import { SyscallError, toSyscallError } from "../exec/errors";
import type { Execution } from "../exec/execution";
import { currentExecution } from "../exec/execution";
import type { Handler } from "./operations";
import { DATABASE, BLOBS, TRACKED, ASYNC, SYNC, unknownOperation } from "./operations";
import { threadScheduler } from "../exec/threadScheduler";

export const convexGlobal = {
  syscall(operation: string, json: string): string {
    const execution = currentExecution();
    const handler = SYNC[operation];
    if (handler === undefined) throw unknownOperation(execution, operation);
    recordUntracked(execution, operation);
    execution.budget.enter();
    try {
      return handler(execution, JSON.parse(json) as never);
    } finally {
      execution.budget.exit();
    }
  },

  /** Returns a result without a promise if it is available synchronously: promises are the main cost of a read. */
  asyncSyscall(operation: string, json: string): string | Promise<string> {
    const handler = DATABASE[operation];
    if (handler === undefined) return otherSyscall(operation, json);
    try {
      const execution = currentExecution();
      recordUntracked(execution, operation);
      execution.budget.enter();
      if (execution.databaseQueue.busy) return inTurn(execution, handler, JSON.parse(json) as never);
      try {
        return handler(execution, JSON.parse(json) as never);
      } finally {
        execution.budget.exit();
      }
    } catch (thrown) {
      throw toSyscallError(thrown);
    }
  },

  /**
   * Handles syscalls whose values are not JSON: the request and the response of `HttpRouter.runRequest`, and the blobs of
   * `ctx.storage` in actions.
   */
  jsSyscall(operation: string, args: Record<string, unknown>): unknown {
    const execution = currentExecution();
    recordUntracked(execution, operation);
    if (operation in BLOBS) return callFiles(execution, operation as keyof typeof BLOBS, args);
    if (operation === "requestFromConvexJson" && execution.request !== null) return execution.request;
    if (operation === "convexJsonFromResponse") {
      if (!(args["response"] instanceof webGlobals.Response)) {
        throw new SyscallError("An HTTP action must return a Response, or a promise of one.");
      }
      execution.response = args["response"];
      return {};
    }
    throw unknownOperation(execution, operation);
  },
};

async function otherSyscall(operation: string, json: string): Promise<string> {
  let execution: Execution | undefined;
  try {
    const caller = currentExecution();
    recordUntracked(caller, operation);
    caller.budget.enter();
    execution = caller;
    const turn = caller.frozen ? null : threadScheduler.waitToContinue();
    if (turn !== null) {
      await turn;
      caller.assertRunning();
    }
    const handler = ASYNC[operation];
    if (handler === undefined) throw unknownOperation(caller, operation);
    return await handler(caller, JSON.parse(json) as never);
  } catch (thrown) {
    throw toSyscallError(thrown);
  } finally {
    execution?.budget.exit();
  }
}

/** Queues database work while a nested function holds the database queue. */
async function inTurn(execution: Execution, handler: Handler<string>, args: never): Promise<string> {
  try {
    return await execution.databaseQueue.run(() => {
      execution.assertRunning();
      return handler(execution, args);
    });
  } catch (thrown) {
    throw toSyscallError(thrown);
  } finally {
    execution.budget.exit();
  }
}

function recordUntracked({ readSet }: Execution, operation: string): void {
  if (readSet !== null && !TRACKED.has(operation)) readSet.addUntracked();
}

async function callFiles(
  execution: Execution,
  operation: keyof typeof BLOBS,
  args: Record<string, unknown>,
): Promise<unknown> {
  try {
    if (execution.frozen) throw new SyscallError("Blobs can only be stored and read in actions.");
    return await BLOBS[operation](execution, args as never);
  } catch (thrown) {
    // A plain error: `convex/server` converts the errors of other syscalls to plain errors itself.
    throw new Error(toSyscallError(thrown).message, { cause: thrown });
  }
}
