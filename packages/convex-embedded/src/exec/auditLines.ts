import type { Execution } from "./execution";
import { functionLabel } from "./functionAddress";

/** Logs the lines of `log.audit`. Call it once the outermost function has succeeded and its transaction is committed. */
export function logAudits(execution: Execution): void {
  for (const { line } of execution.audits.splice(0)) {
    execution.engine.log({ level: "info", path: functionLabel(execution), message: `Audit ${line}` });
  }
}
