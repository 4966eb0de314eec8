/** The syscalls that return metadata of a function and its caller. */
import { SyscallError } from "../exec/errors";
import type { Execution } from "../exec/execution";

/** `ctx.meta.getRequestMetadata()`. */
export function requestMetadata({ origin }: Execution): string {
  const { ip, userAgent, requestId, token, scheduledBy } = origin;
  const scheduledFunctionId = scheduledBy?.id ?? null;
  return JSON.stringify({ ip, userAgent, requestId, scheduledFunctionId, authToken: token });
}

/** `ctx.meta.getFunctionMetadata()`. The name of a default export is the path of its module. */
export function functionMetadata({ path, component }: Execution): string {
  return JSON.stringify({ name: path.replace(/:default$/, ""), componentPath: component });
}

/** `ctx.meta.getDeploymentMetadata()`: a local deployment has no region and reports the smallest class. */
export function deploymentMetadata(): string {
  return JSON.stringify({ name: "embedded", region: null, class: "s16" });
}

/**
 * `ctx.meta.getTransactionMetrics()`: the transaction's usage of its limits, including nested functions. Files are not counted
 * and have no metrics.
 *
 * @throws SyscallError in actions. `convex/server` replaces it with its own error.
 */
export function transactionMetrics({ frozen, usage }: Execution): string {
  if (!frozen) throw new SyscallError("Unknown async operation 1.0/getTransactionMetrics");
  return JSON.stringify(usage.metrics());
}

/**
 * `ctx.auth.getUserIdentity()`: the identity of the caller, `null` without one. As on Convex, a refused token makes it throw in the
 * HTTP action, and counts as no token in functions that the action calls.
 */
export async function userIdentity({ engine, kind, origin }: Execution): Promise<string> {
  if (kind === "http" && origin.malformed !== undefined) throw new SyscallError(origin.malformed);
  if (origin.token === null && origin.identity === undefined) return "null";
  try {
    return await engine.auth.identify(origin);
  } catch (refused) {
    if (kind === "http") throw refused;
    return "null";
  }
}
