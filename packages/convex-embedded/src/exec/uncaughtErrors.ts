/** Handles errors that a function cannot catch: from listeners of an `AbortSignal`, and from promises that it does not await. */
import { toSyscallError } from "./errors";
import { functionLabel } from "./functionAddress";
import { executions } from "./execution";

/**
 * Fails the running function that caused the error, as Convex does. If the function has ended, the error is logged under its name.
 * Call it from Node's handlers for unhandled rejections and uncaught errors: they run in the async context of the code that
 * rejected or threw.
 *
 * @returns false if the error does not come from a function.
 */
export function failUncaught(error: unknown): boolean {
  const execution = executions.getStore();
  if (execution === undefined) return false;
  if (execution.budget.fail(toSyscallError(error))) return true;
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { log, modules } = execution.engine;
  log({ level: "error", path: functionLabel(execution), message: `Uncaught ${modules.mapStack(shown)}` });
  return true;
}
