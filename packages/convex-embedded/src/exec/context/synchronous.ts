/** Runs database work of the fast path synchronously: it needs no promise of its own and ends within the tick. */
import type { SyscallError } from "../errors";
import { toSyscallError } from "../errors";
import type { Execution } from "../execution";

/** What a thrown `SyscallError` becomes in the function that called. */
export type ToThrown = (error: SyscallError) => Error;

/** Runs work that does not wait for the database queue. */
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
