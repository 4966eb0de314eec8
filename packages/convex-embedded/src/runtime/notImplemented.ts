/** Methods of web classes that Convex's default runtime lacks. */
import { SyscallError } from "../exec/errors";
import { executions } from "../exec/execution";

/**
 * Fails the running function, even if it catches the error, as on Convex.
 *
 * @throws SyscallError with Convex's message.
 */
export function notImplemented(method: string, className: string): never {
  const error = new SyscallError(
    `Not implemented: ${method} for ${className}. Consider calling an action defined in Node.js instead ` +
      "(https://docs.convex.dev/functions/actions).",
  );
  executions.getStore()?.budget.fail(error);
  throw error;
}
