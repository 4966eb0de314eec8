/** Reports errors that a function cannot catch: from event listeners, and from promises that it does not await. */
import { functionLabel } from "./functionAddress";
import { executions } from "./execution";

/**
 * Logs an uncaught error under the name of the function that caused it. Call it from Node's handlers for uncaught errors: they
 * run in the async context of the code that threw.
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
