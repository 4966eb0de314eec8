/** The syscalls that tell a function about itself and its caller. */
import { SyscallError } from "./errors";
import type { Execution } from "./execution";

/** `ctx.meta.getRequestMetadata()`. */
export function requestMetadata({ origin }: Execution): string {
  const { ip, userAgent, requestId, token } = origin;
  return JSON.stringify({ ip, userAgent, requestId, scheduledFunctionId: null, authToken: token });
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
 * `ctx.auth.getUserIdentity()`. No provider is known, so nobody is: without a token that is `null`; with one Convex
 * throws in the action and says `null` in the functions that it calls.
 */
export function userIdentity({ kind, origin }: Execution): string {
  if (kind === "http" && origin.token !== null) {
    throw new SyscallError(
      "No auth provider found matching the given token: the embedded runtime does not verify tokens yet.",
    );
  }
  return "null";
}
