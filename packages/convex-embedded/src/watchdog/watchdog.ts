/**
 * Ends the process when one execution keeps it from doing anything else: `while (true) {}`.
 *
 * Such code never gives the event loop its turn, so no timer of this thread can stop it. A worker thread watches a counter
 * that this thread increases with each turn of the event loop, each function that begins or ends, each request, and each part
 * of a body. Where the counter stands still for too long, the worker asks which execution runs, names it on stderr and kills
 * the process: acknowledged work is on disk, and unfinished work is rolled back at the next start. Many short executions in a
 * row are progress, however long they take together.
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
