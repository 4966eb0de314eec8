/**
 * Ends the process when one execution blocks the event loop, as `while (true) {}` does.
 *
 * No timer of the blocked thread can fire, so a worker thread watches it. The two share a counter. The watched thread
 * increases it with each beat of a timer, each function that begins or ends, each request, and each part of a body. While the
 * counter moves, the process makes progress, so a thousand short executions in a row are fine, however long they take together.
 * When the counter has stood still for the limit, the worker asks V8's inspector which execution runs:
 *
 * ```text
 * counter  17  18  19  19  19  19  19  19  …  no progress for 5 s, although the processor was used
 * worker                                   →  "Which execution runs?"  items:spin, and the same one look later
 *                                          →  prints "The function items:spin has kept the process …" and kills the process
 * ```
 *
 * Killing loses nothing that was acknowledged: acknowledged work is on disk, and the next start rolls the rest back. Work of the
 * runtime itself that may block for long, such as a build, is exempt. `watchdogMemory.ts` has the shared memory and
 * `watchdogWorker.ts` the program of the worker.
 */
import { url as inspectorUrl } from "node:inspector";
import { Worker } from "node:worker_threads";
import { functionLabel } from "../exec/functionAddress";
import type { Execution } from "../exec/execution";
import { executions } from "../exec/execution";
import { setMonitor } from "../exec/monitor";
import { WatchdogMemory } from "./watchdogMemory";
import { LOOKS, WATCHDOG_WORKER } from "./watchdogWorker";

export interface Watchdog {
  /** Runs the runtime's own work that may hold the event loop for long. */
  exempt<T>(work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** How long one execution may hold the event loop. A busy machine takes its time; a function has one second. */
export const WATCHDOG_MS = 5_000;

/** Where the worker finds `executionSeen`: a global name, since the inspector evaluates in the global scope. */
const GLOBAL_NAME = "__convexEmbeddedExecution";

/**
 * Starts watching this process. It does not keep the process alive, and does not act while a debugger is attached.
 *
 * @param limitMs how long one execution may hold the event loop; `false` to watch nothing.
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
    memory.onGuard = exemptions === 0 && inspectorUrl() === undefined;
  };
  beat();
  const heart = setInterval(beat, limitMs / LOOKS / 2).unref();
  setMonitor(memory);
  Object.defineProperty(globalThis, GLOBAL_NAME, { value: executionSeen(), configurable: true });
  // The worker needs little memory, and the functions' thread should have the rest.
  const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };
  const worker = new Worker(WATCHDOG_WORKER, {
    eval: true,
    workerData: { shared: memory.shared, limitMs, expression: `${GLOBAL_NAME}()` },
    execArgv: [],
    resourceLimits,
  });
  worker.unref();
  // The server works without it; only endless loops stay unnoticed.
  worker.on("error", (error) => process.emitWarning(`The watchdog has ended: ${error.message}`));

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
      clearInterval(heart);
      setMonitor(null);
      await worker.terminate();
      Reflect.deleteProperty(globalThis, GLOBAL_NAME);
    },
  };
}

/**
 * A function that says which execution the running code belongs to: a number, which is the same as long as the execution
 * is, and its label; `null` for none.
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
