/**
 * The global `Convex`: all that `convex/server` needs of whoever runs it. One for the process; which execution a call
 * belongs to is found through `executions`.
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
    noteUntracked(execution, operation);
    execution.budget.enter();
    try {
      return handler(execution, JSON.parse(json) as never);
    } finally {
      execution.budget.exit();
    }
  },

  /** What can be answered at once is no promise: `convex/server` awaits either, and promises are what a read costs most. */
  asyncSyscall(operation: string, json: string): string | Promise<string> {
    const handler = DATABASE[operation];
    if (handler === undefined) return otherSyscall(operation, json);
    try {
      const execution = currentExecution();
      noteUntracked(execution, operation);
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
   * The two that `HttpRouter.runRequest` uses to get at the request and to hand over the response, and the two of
   * `ctx.storage` in actions, whose blobs are no JSON.
   */
  jsSyscall(operation: string, args: Record<string, unknown>): unknown {
    const execution = currentExecution();
    noteUntracked(execution, operation);
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
    noteUntracked(caller, operation);
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

/** Database work while a nested function has its turn. */
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

function noteUntracked({ readSet }: Execution, operation: string): void {
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
    // A plain error, as `convex/server` makes of the others by itself.
    throw new Error(toSyscallError(thrown).message, { cause: thrown });
  }
}
