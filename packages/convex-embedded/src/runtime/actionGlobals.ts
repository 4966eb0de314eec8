/** Timers and `fetch`. Only a running action may use them. */
import { functionLabel } from "../exec/functionAddress";
import { SyscallError } from "../exec/errors";
import type { Execution } from "../exec/execution";
import { executions } from "../exec/execution";

type Callback = (...args: unknown[]) => void;

/** `fetch`, `setTimeout`, `setInterval`, `clearTimeout` and `clearInterval` of a realm. */
export function actionGlobals(): Record<string, unknown> {
  return {
    setTimeout: (callback: Callback, delay?: number, ...args: unknown[]) => {
      const execution = actionOf("setTimeout");
      const handle = setTimeout(() => {
        execution.timers.delete(id);
        call(execution, callback, args);
      }, delay);
      const id = remember(execution, handle);
      return id;
    },
    setInterval: (callback: Callback, delay?: number, ...args: unknown[]) => {
      const execution = actionOf("setInterval");
      return remember(
        execution,
        setInterval(() => call(execution, callback, args), delay),
      );
    },
    clearTimeout: clear,
    clearInterval: clear,
    fetch: async (...args: Parameters<typeof fetch>): Promise<Response> => {
      const { engine, component, path } = actionOf("fetch()");
      const guarded = component === "" ? engine.guardedFetch?.get(path) : undefined;
      const response = await (guarded ?? fetch)(...args);
      // Convex's `Response` does not have `bytes()`, so remove it in versions of Node that have it.
      Object.defineProperty(response, "bytes", { value: undefined });
      return response;
    },
  };
}

/** Registers a timer with its execution. @returns its id, a number as on Convex. */
function remember({ timers }: Execution, handle: NodeJS.Timeout): number {
  const id = Number(handle);
  timers.set(id, handle);
  return id;
}

function clear(id: unknown): void {
  const timers = executions.getStore()?.timers;
  clearTimeout(timers?.get(id as number));
  timers?.delete(id as number);
}

/** Calls a timer's callback. Logs an error, which must not end the process. */
function call(execution: Execution, callback: Callback, args: unknown[]): void {
  try {
    callback(...args);
  } catch (error) {
    const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const { engine } = execution;
    const message = `Uncaught ${engine.modules.mapStack(shown)}`;
    engine.log({ level: "error", path: functionLabel(execution), message });
  }
}

/** Returns the running action. @throws SyscallError with Convex's message if no action is running. */
function actionOf(what: string): Execution {
  const execution = executions.getStore();
  if (execution === undefined) throw new SyscallError(`Can't use ${what} at import time.`);
  execution.assertRunning();
  if (execution.frozen) {
    throw new SyscallError(
      `Can't use ${what} in queries and mutations. Please consider using an action. See ` +
        "https://docs.convex.dev/functions/actions for more details.",
    );
  }
  return execution;
}
