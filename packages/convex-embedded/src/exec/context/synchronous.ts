/** Runs database work of the fast path synchronously: the work needs no promise and ends within the same tick. */
import type { SyscallError } from "../errors";
import { toSyscallError } from "../errors";
import type { Execution } from "../execution";

/** Converts a `SyscallError` to the error that the calling function sees. */
export type ToThrown = (error: SyscallError) => Error;

/** Runs work that does not wait for the database queue. */
export type RunSynchronously = <T>(execution: Execution, work: () => T) => T;

/** @param toThrown Creates the errors that the function sees. */
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
