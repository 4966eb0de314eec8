/**
 * `log.audit` of `convex/server`: an event that is logged if, and only if, the transaction of the function is committed.
 *
 * Source: `crates/common/src/audit_log_lines.rs` of get-convex/convex-backend.
 */
import type { JSONValue } from "convex/values";
import { SyscallError } from "../exec/errors";
import type { Execution } from "../exec/execution";

const MAX_LINES = 500;
const MAX_LINE_BYTES = 100_000;
const MAX_TOTAL_BYTES = 4_000_000;
/** A variable counts with the most bytes that it may have: 512 escaped characters of a user agent, in quotes. */
const MAX_VARIABLE_BYTES = 1_026;

/** Adds a line to the outermost function. @throws SyscallError with Convex's message in actions, and beyond a limit. */
export function auditLog(execution: Execution, { body }: { readonly body: JSONValue }): string {
  if (!execution.frozen) throw new SyscallError("Audit logging is not yet supported in actions");
  const { audits } = execution.root;
  const variables = new Variables(execution);
  const line = JSON.stringify(body, (_name, value: unknown) => variables.resolve(value));
  const bytes = Buffer.byteLength(JSON.stringify(body)) + variables.resolved * MAX_VARIABLE_BYTES;
  if (audits.length >= MAX_LINES) {
    throw new SyscallError(`Function execution exceeded the maximum of ${MAX_LINES} audit log lines.`);
  }
  if (bytes > MAX_LINE_BYTES) {
    throw new SyscallError(
      `An audit log line may have a maximum possible size of ${MAX_LINE_BYTES} bytes, but this line could be up to ` +
        `${bytes} bytes.`,
    );
  }
  const total = audits.reduce((sum, audit) => sum + audit.maxBytes, bytes);
  if (total > MAX_TOTAL_BYTES) {
    throw new SyscallError(
      `The total maximum possible size of audit log lines from a single function execution is ${MAX_TOTAL_BYTES} bytes, but ` +
        `this execution could produce up to ${total} bytes.`,
    );
  }
  audits.push({ line, maxBytes: bytes });
  return "null";
}

/** Replaces the variables of `convex/server`, which are objects such as `{ "$var": "ip" }`. */
class Variables {
  resolved = 0;

  constructor(private readonly execution: Execution) {}

  resolve(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    const [[name, variable] = [], ...more] = Object.entries(value);
    if (name !== "$var" || more.length > 0) return value;
    this.resolved++;
    const { origin, engine } = this.execution;
    switch (variable) {
      case "requestId":
        return origin.requestId;
      case "ip":
        return origin.ip;
      case "userAgent":
        return origin.userAgent;
      case "now":
        return engine.clock();
      case "convexActor":
        // Only members of a team on Convex have an identity.
        return null;
      default:
        throw new SyscallError(`Unknown audit log variable: "${String(variable)}"`);
    }
  }
}
