/**
 * Kills the process if one execution blocks the event loop, as `while (true) {}` does.
 *
 * Timers of a blocked thread cannot fire, so a worker thread watches it. Both threads share a counter. The watched thread
 * increments it at each tick of a timer, each start and end of a function, each request, and each part of a body. While the
 * counter changes, the process makes progress: a thousand short executions in a row are fine, however long they take together.
 * When the counter has not changed for the limit, the worker asks V8's inspector for the current execution:
 *
 * ```text
 * counter  17  18  19  19  19  19  19  19  …  no progress for 5 s, although the processor was used
 * worker                                   →  "Which execution runs?"  items:spin, and the same one check later
 *                                          →  prints "The function items:spin has blocked the process …" and kills the process
 * ```
 *
 * Killing the process loses no acknowledged work: that is on disk, and the next start rolls the rest back. Long blocking work of
 * the runtime itself, such as a build, is exempt. `watchdogMemory.ts` contains the shared memory, `watchdogWorker.ts` the worker's
 * program.
 */
import { url as inspectorUrl } from "node:inspector";
import { Worker } from "node:worker_threads";
import { functionLabel } from "../exec/functionAddress";
import type { Execution } from "../exec/execution";
import { executions } from "../exec/execution";
import { setMonitor } from "../exec/monitor";
import { WatchdogMemory } from "./watchdogMemory";
import { CHECKS, WATCHDOG_WORKER } from "./watchdogWorker";

export interface Watchdog {
  /** Runs work of the runtime itself that may block the event loop for long. */
  exempt<T>(work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** How long one execution may block the event loop, in milliseconds. Functions have one second: the rest is for busy machines. */
export const WATCHDOG_MS = 5_000;

/** The global name of `executionSeen` for the worker. The inspector evaluates expressions in the global scope. */
const GLOBAL_NAME = "__convexEmbeddedExecution";

/**
 * Starts watching this process. The watchdog does not keep the process alive and does not act while a debugger is attached.
 *
 * @param limitMs How long one execution may block the event loop, in milliseconds. `false` disables the watchdog.
 */
export function startWatchdog(limitMs: number | false): Watchdog {
  return limitMs === false ? NONE : watch(limitMs);
}

const NONE: Watchdog = { exempt: (work) => work(), stop: () => Promise.resolve() };

function watch(limitMs: number): Watchdog {
  const memory = new WatchdogMemory();
  let exemptions = 0;

  const beat = (): void => {
    memory.progressed();
    memory.armed = exemptions === 0 && inspectorUrl() === undefined;
  };
  beat();
  const timer = setInterval(beat, limitMs / CHECKS / 2).unref();
  setMonitor(memory);
  Object.defineProperty(globalThis, GLOBAL_NAME, { value: executionSeen(), configurable: true });
  // The worker needs little memory. The rest is for the functions' thread.
  const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };
  const worker = new Worker(WATCHDOG_WORKER, {
    eval: true,
    workerData: { shared: memory.shared, limitMs, expression: `${GLOBAL_NAME}()` },
    execArgv: [],
    resourceLimits,
  });
  worker.unref();
  // The server works without the watchdog, but endless loops then go unnoticed.
  worker.on("error", (error) =>
    process.emitWarning(`The watchdog has stopped: ${error.message}. Endless loops are no longer detected.`),
  );

  return {
    async exempt(work) {
      exemptions++;
      beat();
      try {
        return await work();
      } finally {
        exemptions--;
        beat();
      }
    },
    async stop() {
      clearInterval(timer);
      setMonitor(null);
      await worker.terminate();
      Reflect.deleteProperty(globalThis, GLOBAL_NAME);
    },
  };
}

/**
 * Returns a function that identifies the current execution: a number that is the same throughout an execution, and the function's
 * label. It returns `null` outside executions.
 */
function executionSeen(): () => string | null {
  let seen: Execution | undefined;
  let number = 0;
  return () => {
    const execution = executions.getStore();
    if (execution === undefined) return null;
    if (execution !== seen) number++;
    seen = execution;
    return `${number} ${functionLabel(execution)}`;
  };
}
