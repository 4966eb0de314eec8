/** Reports errors that a function cannot catch: from event listeners, and from promises that it does not await. */
import { toSyscallError } from "./errors";
import { functionLabel } from "./functionAddress";
import { executions } from "./execution";

/**
 * Fails the running function that rejected a promise which nothing handles, as Convex does. If the function has ended, the error is
 * logged under its name. Call it from Node's handler for unhandled rejections: it runs in the async context of the code that
 * rejected.
 *
 * @returns false if the error does not come from a function.
 */
export function failRejected(reason: unknown): boolean {
  return executions.getStore()?.budget.fail(toSyscallError(reason)) === true || reportUncaught(reason);
}

/**
 * Logs an uncaught error under the name of the function that caused it. Call it from Node's handler for uncaught errors: it runs in
 * the async context of the code that threw.
 *
 * @returns false if the error does not come from a function.
 */
export function reportUncaught(error: unknown): boolean {
  const execution = executions.getStore();
  if (execution === undefined) return false;
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { log, modules } = execution.engine;
  log({ level: "error", path: functionLabel(execution), message: `Uncaught ${modules.mapStack(shown)}` });
  return true;
}
