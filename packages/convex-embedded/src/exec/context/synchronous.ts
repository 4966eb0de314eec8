/** What a function asks of its database and gets within the same tick, without a promise of the runtime's own. */
import type { SyscallError } from "../errors";
import { toSyscallError } from "../errors";
import type { Execution } from "../execution";

/** What a thrown `SyscallError` becomes in the function that called. */
export type ToThrown = (error: SyscallError) => Error;

/** Runs what takes no turn and ends within this tick. */
export type RunSynchronously = <T>(execution: Execution, work: () => T) => T;

/** @param toThrown makes the errors that the function sees. */
export function synchronousRunner(toThrown: ToThrown): RunSynchronously {
  return (execution, work) => {
    try {
      execution.assertRunning();
      execution.budget.enter();
      try {
        return work();
      } finally {
        execution.budget.exit();
      }
    } catch (thrown) {
      throw toThrown(toSyscallError(thrown));
    }
  };
}
