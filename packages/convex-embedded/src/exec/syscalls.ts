/**
 * The global `Convex`: all that `convex/server` needs of whoever runs it. One for the process; which execution a call
 * belongs to is found through `executions`.
 */
import { webGlobals } from "../http/web";
import { SyscallError, toSyscallError } from "./errors";
import type { Execution } from "./execution";
import { running } from "./execution";
import type { Handler } from "./operations";
import { DATABASE, FILES, OBSERVED, OTHER, SYNC, unknownOperation } from "./operations";
import { thread } from "./thread";

export const convexGlobal = {
  syscall(operation: string, json: string): string {
    const execution = running();
    const handler = SYNC[operation];
    if (handler === undefined) throw unknownOperation(execution, operation);
    noteElsewhere(execution, operation);
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
      const execution = running();
      noteElsewhere(execution, operation);
      execution.budget.enter();
      if (execution.turns.busy) return inTurn(execution, handler, JSON.parse(json) as never);
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
    const execution = running();
    noteElsewhere(execution, operation);
    if (operation in FILES) return callFiles(execution, operation as keyof typeof FILES, args);
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
    const caller = running();
    noteElsewhere(caller, operation);
    caller.budget.enter();
    execution = caller;
    const turn = caller.frozen ? null : thread.goOn();
    if (turn !== null) {
      await turn;
      caller.assertRunning();
    }
    const handler = OTHER[operation];
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
    return await execution.turns.run(() => {
      execution.assertRunning();
      return handler(execution, args);
    });
  } catch (thrown) {
    throw toSyscallError(thrown);
  } finally {
    execution.budget.exit();
  }
}

function noteElsewhere({ observed }: Execution, operation: string): void {
  if (observed !== null && !OBSERVED.has(operation)) observed.elsewhere();
}

async function callFiles(
  execution: Execution,
  operation: keyof typeof FILES,
  args: Record<string, unknown>,
): Promise<unknown> {
  try {
    if (execution.frozen) throw new SyscallError("Blobs can only be stored and read in actions.");
    return await FILES[operation](execution, args as never);
  } catch (thrown) {
    // A plain error, as `convex/server` makes of the others by itself.
    throw new Error(toSyscallError(thrown).message, { cause: thrown });
  }
}
