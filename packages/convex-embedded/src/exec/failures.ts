/** Logs functions that fail. */
import { functionLabel } from "./functionAddress";
import type { SyscallError } from "./errors";
import type { Engine } from "./engine";
import type { Execution } from "./execution";

/** Logs a failure with its stack trace, as Convex does. The caller receives only the message. */
export function reportFailure(execution: Execution, error: SyscallError): void {
  const message = describeFailure(execution.engine, error);
  execution.engine.log({ level: "error", path: functionLabel(execution), message });
}

/** Describes an error that a function threw with its stack trace, and an error of the runtime with its message only. */
export function describeFailure({ modules }: Engine, error: SyscallError): string {
  const { cause } = error;
  if (cause === undefined) return error.message;
  const shown = cause instanceof Error ? (cause.stack ?? cause.message) : error.message;
  return `Uncaught ${modules.mapStack(shown)}`;
}
