/** Work of Node that a query or mutation may await: cryptography, WebAssembly. */
import { executions } from "./execution";

/** Wraps an asynchronous function of Node, so that the running function does not count as stuck while it waits for the result. */
export function awaitable<Args extends unknown[], Result>(
  work: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  return (...args) => {
    const leave = executions.getStore()?.budget.enterNode();
    const result = work(...args);
    if (leave !== undefined) result.then(leave, leave);
    return result;
  };
}
