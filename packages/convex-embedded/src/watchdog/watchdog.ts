/**
 * Ends the process when a function keeps it from doing anything else: `while (true) {}`.
 *
 * Such code never gives the event loop its turn, so no timer of this thread can meet it. A worker thread looks at a
 * counter that this thread's event loop increases. Where it stands still for too long while functions run and the
 * process is busy, the worker names the functions on stderr and kills the process: what was acknowledged is on disk, what
 * was under way is rolled back at the next start.
 */
import { url as inspectorUrl } from "node:inspector";
import { Worker } from "node:worker_threads";
import type { Monitor } from "../exec/limitsOfTime";
import { monitorWith } from "../exec/limitsOfTime";

export interface Watchdog {
  /** Runs work that may hold the event loop for long and is no function's fault. */
  exempt<T>(work: () => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** How long the event loop may stand still. A busy machine takes its time; a function has one second. */
export const WATCHDOG_MS = 5_000;

// What both threads share: some 32-bit numbers, two more for each function that runs, then the functions' names. Of very
// many only some have a place there, so that it costs each of them one short write.
const BEAT = 0;
const ON_GUARD = 1;
const RUNNING = 2;
const STOPPED = 3;
const PLACES = 4;
const PLACE_COUNT = 32;
const NUMBERS = PLACES + 2 * PLACE_COUNT;
const NAME_BYTES = 120;
const NO_PLACE = -1;
const MAX_ORDER = 2 ** 31 - 1;

/** The worker looks that often in the time that is allowed, and each look must find no progress. */
const LOOKS = 10;
/** A loop that computes uses the processor; one that waits for a slow disk, or a stopped process, does not. */
const LEAST_SHARE_OF_PROCESSOR = 0.2;

// Text, not a module: the program is bundled into one file, and a worker starts from a file or from text.
const WORKER = `
const { workerData: { shared, limitMs } } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const numbers = new Int32Array(shared, 0, ${NUMBERS});
const names = Buffer.from(shared, ${NUMBERS * 4});
let beat = -1;
let looks = 0;
let processor = process.cpuUsage();
while (Atomics.wait(numbers, ${STOPPED}, 0, limitMs / ${LOOKS}) === "timed-out") {
  const now = Atomics.load(numbers, ${BEAT});
  if (now !== beat || Atomics.load(numbers, ${RUNNING}) === 0 || Atomics.load(numbers, ${ON_GUARD}) === 0) {
    beat = now;
    looks = 0;
    processor = process.cpuUsage();
    continue;
  }
  if (++looks < ${LOOKS}) continue;
  looks = 0;
  const { user, system } = process.cpuUsage(processor);
  processor = process.cpuUsage();
  if ((user + system) / 1000 < limitMs * ${LEAST_SHARE_OF_PROCESSOR}) continue;
  const places = [];
  for (let place = 0; place < ${PLACE_COUNT}; place++) {
    const [order, length] = numbers.slice(${PLACES} + 2 * place);
    const start = place * ${NAME_BYTES};
    if (order > 0) places.push({ order, name: names.latin1Slice(start, start + length) });
  }
  const [first = "(unknown)", ...others] = places.sort((a, b) => b.order - a.order).map(({ name }) => name);
  const also = others.length === 0 ? "" : " (also under way: " + others.join(", ") + ")";
  writeSync(2, "The function " + first + also + " has kept the process from doing anything else for " +
    limitMs / 1000 + " s, as an endless loop does. The process ends. What was acknowledged is on disk.\\n");
  process.kill(process.pid, "SIGKILL");
}
`;

/**
 * Starts watching this process. It does not keep the process alive, and does not act while a debugger is attached.
 *
 * @param limitMs how long the event loop may stand still while a function runs; `false` to watch nothing.
 */
export function startWatchdog(limitMs: number | false): Watchdog {
  return limitMs === false ? NONE : watch(limitMs);
}

const NONE: Watchdog = { exempt: (work) => work(), stop: () => Promise.resolve() };

function watch(limitMs: number): Watchdog {
  const shared = new SharedArrayBuffer(NUMBERS * 4 + PLACE_COUNT * NAME_BYTES);
  const numbers = new Int32Array(shared, 0, NUMBERS);
  let exemptions = 0;

  const beat = (): void => {
    Atomics.add(numbers, BEAT, 1);
    Atomics.store(numbers, ON_GUARD, exemptions === 0 && inspectorUrl() === undefined ? 1 : 0);
  };
  beat();
  const heart = setInterval(beat, limitMs / LOOKS / 2).unref();
  monitorWith(placesIn(numbers, Buffer.from(shared, NUMBERS * 4)));
  // It needs little: what it does not get, the functions' server has.
  const resourceLimits = { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 };
  const worker = new Worker(WORKER, {
    eval: true,
    workerData: { shared, limitMs },
    execArgv: [],
    resourceLimits,
  });
  worker.unref();
  // Without it the server works as well; only endless loops stay unmet.
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
      monitorWith(null);
      Atomics.store(numbers, STOPPED, 1);
      Atomics.notify(numbers, STOPPED);
      await worker.terminate();
    },
  };
}

/** Keeps the list of what runs, for the worker to read. What it reads is torn only while this thread still runs. */
function placesIn(numbers: Int32Array, names: Buffer): Monitor {
  const free = Array.from({ length: PLACE_COUNT }, (_, place) => place);
  let entered = 0;
  let running = 0;
  return {
    entered(path) {
      numbers[RUNNING] = ++running;
      const place = free.pop();
      if (place === undefined) return NO_PLACE;
      const at = PLACES + 2 * place;
      numbers[at + 1] = names.write(path, place * NAME_BYTES, NAME_BYTES, "latin1");
      // Never 0, which is no function, and never negative.
      entered = (entered % MAX_ORDER) + 1;
      numbers[at] = entered;
      return place;
    },
    left(place) {
      numbers[RUNNING] = --running;
      if (place === NO_PLACE) return;
      numbers[PLACES + 2 * place] = 0;
      free.push(place);
    },
  };
}
