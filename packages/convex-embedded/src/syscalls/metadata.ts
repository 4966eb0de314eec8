/** The syscalls that tell a function about itself and its caller. */
import { SyscallError } from "../exec/errors";
import type { Execution } from "../exec/execution";

/** `ctx.meta.getRequestMetadata()`. */
export function requestMetadata({ origin }: Execution): string {
  const { ip, userAgent, requestId, token, scheduledBy } = origin;
  const scheduledFunctionId = scheduledBy?.id ?? null;
  return JSON.stringify({ ip, userAgent, requestId, scheduledFunctionId, authToken: token });
}

/** `ctx.meta.getFunctionMetadata()`. */
export function functionMetadata({ path, component }: Execution): string {
  return JSON.stringify({ name: path, componentPath: component });
}

/** `ctx.meta.getDeploymentMetadata()`: a local deployment has no region and counts as the smallest class. */
export function deploymentMetadata(): string {
  return JSON.stringify({ name: "embedded", region: null, class: "s16" });
}

/**
 * `ctx.meta.getTransactionMetrics()`: what the transaction has used of its limits, with the functions that share it.
 * Files are not counted, and have no lines.
 *
 * @throws SyscallError in actions, of which `convex/server` makes its own.
 */
export function transactionMetrics({ frozen, usage }: Execution): string {
  if (!frozen) throw new SyscallError("Unknown async operation 1.0/getTransactionMetrics");
  return JSON.stringify(usage.metrics());
}

/**
 * `ctx.auth.getUserIdentity()`: who is logged in, `null` if nobody is. As on Convex a token that is refused makes it
 * throw in the HTTP action, and counts as none in the functions that the action calls.
 */
export async function userIdentity({ engine, kind, origin }: Execution): Promise<string> {
  if (origin.token === null && origin.identity === undefined) return "null";
  try {
    return await engine.auth.identify(origin);
  } catch (refused) {
    if (kind === "http") throw refused;
    return "null";
  }
}
