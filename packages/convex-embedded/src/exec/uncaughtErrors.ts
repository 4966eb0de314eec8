/** Errors that a function cannot catch: from its event listeners, and from promises that it does not await. */
import { functionLabel } from "./functionAddress";
import { executions } from "./execution";

/**
 * Logs such an error under the name of the function that it comes from. To be called where Node reports the error,
 * which is within the async context that it was thrown in.
 *
 * @returns false if no function is behind it.
 */
export function reportUncaught(error: unknown): boolean {
  const execution = executions.getStore();
  if (execution === undefined) return false;
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const { log, modules } = execution.engine;
  log({ level: "error", path: functionLabel(execution), message: `Uncaught ${modules.mapStack(shown)}` });
  return true;
}
