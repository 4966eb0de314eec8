/**
 * The program of the watchdog's thread.
 *
 * It kills the process when the watched thread has made no progress for `limitMs` although it used the processor, and one
 * execution holds that thread. Which execution does, the watched thread itself says: V8's inspector interrupts the code
 * that runs and evaluates an expression in its place. Two answers, one look apart, have to be the same. No execution means
 * that the runtime itself is at work, which ends.
 *
 * Native code that cannot be interrupted gives no answer. It gets as much time again, then the functions under way are named.
 *
 * Text, not a module: the program is bundled into one file, and a worker starts from a file or from text.
 */
import { BEAT, NAME_BYTES, NUMBERS, ON_GUARD, PLACES, PLACE_COUNT, RUNNING } from "./watchdogMemory";

/** How often the worker looks within the limit. Each look must find no progress. */
export const LOOKS = 10;
/** A loop that computes uses the processor; one that waits for a slow disk, or a stopped process, does not. */
const LEAST_SHARE_OF_PROCESSOR = 0.2;

export const WATCHDOG_WORKER = `
const { workerData: { shared, limitMs, expression } } = require("node:worker_threads");
const { Session } = require("node:inspector");
const { writeSync } = require("node:fs");
const numbers = new Int32Array(shared, 0, ${NUMBERS});
const names = Buffer.from(shared, ${NUMBERS * 4});
let beat, looks, processor, session, suspect;

function reset() {
  beat = Atomics.load(numbers, ${BEAT});
  looks = 0;
  processor = process.cpuUsage();
  suspect = undefined;
  forget();
}

function forget() {
  session?.disconnect();
  session = undefined;
}

/** Asks the watched thread, once at a time, which execution it runs. */
function ask() {
  if (session !== undefined) return;
  const asked = (session = new Session());
  asked.connectToMainThread();
  asked.post("Runtime.evaluate", { expression, returnByValue: true }, (error, reply) => {
    if (session !== asked) return;
    forget();
    if (Atomics.load(numbers, ${BEAT}) !== beat) return;
    const execution = reply?.result?.value;
    if (typeof execution !== "string") reset();
    else if (execution === suspect) kill("The function " + execution.slice(execution.indexOf(" ") + 1) + " has");
    else suspect = execution;
  });
}

function underWay() {
  const found = [];
  for (let place = 0; place < ${PLACE_COUNT}; place++) {
    const [order, length] = numbers.slice(${PLACES} + 2 * place);
    const start = place * ${NAME_BYTES};
    if (order > 0) found.push({ order, name: names.latin1Slice(start, start + length) });
  }
  return found.sort((a, b) => b.order - a.order).map(({ name }) => name);
}

function kill(subject) {
  writeSync(2, subject + " kept the process from doing anything else for " + limitMs / 1000 +
    " s, as an endless loop does. The process ends. What was acknowledged is on disk.\\n");
  process.kill(process.pid, "SIGKILL");
}

reset();
setInterval(() => {
  if (Atomics.load(numbers, ${BEAT}) !== beat || Atomics.load(numbers, ${ON_GUARD}) === 0) return reset();
  if (++looks < ${LOOKS}) return;
  const { user, system } = process.cpuUsage(processor);
  if ((user + system) / 1000 < limitMs * looks / ${LOOKS} * ${LEAST_SHARE_OF_PROCESSOR}) return reset();
  if (looks < ${2 * LOOKS}) return ask();
  if (Atomics.load(numbers, ${RUNNING}) === 0) return reset();
  kill("One of the functions under way (" + underWay().join(", ") + ") has");
}, limitMs / ${LOOKS});
`;
