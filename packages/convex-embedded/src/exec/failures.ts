/** What is logged of functions that fail. */
import { functionLabel } from "./functionAddress";
import type { SyscallError } from "./errors";
import type { Engine } from "./engine";
import type { Execution } from "./execution";

/** A caller gets the message alone, so where it happened is logged here, as Convex logs every function that fails. */
export function reportFailure(execution: Execution, error: SyscallError): void {
  const message = describeFailure(execution.engine, error);
  execution.engine.log({ level: "error", path: functionLabel(execution), message });
}

/** What a function threw, with its trace; the message alone of what the runtime has against a call. */
export function describeFailure({ modules }: Engine, error: SyscallError): string {
  const { cause } = error;
  if (cause === undefined) return error.message;
  const shown = cause instanceof Error ? (cause.stack ?? cause.message) : error.message;
  return `Uncaught ${modules.mapStack(shown)}`;
}
