/**
 * The program of the watchdog's thread.
 *
 * It kills the process if the watched thread has made no progress for `limitMs` although it used the processor, and one execution
 * blocks that thread. To identify the execution, V8's inspector interrupts the running code and evaluates an expression there. Two
 * answers, one check apart, must be the same. If no execution runs, the runtime itself is at work, and the worker waits.
 *
 * Native code cannot be interrupted and gives no answer. It gets the same time again, then the message names all running functions.
 *
 * The program is text, not a module: the package is bundled into one file, and a worker starts from a file or from text.
 */
import { BEAT, NAME_BYTES, NUMBERS, ARMED, SLOTS, SLOT_COUNT, RUNNING } from "./watchdogMemory";

/** The number of checks within the limit. All of them must find no progress. */
export const CHECKS = 10;
/** A busy loop uses the processor. A thread that waits for a slow disk, or a stopped process, does not. */
const MIN_CPU_SHARE = 0.2;

export const WATCHDOG_WORKER = `
const { workerData: { shared, limitMs, expression } } = require("node:worker_threads");
const { Session } = require("node:inspector");
const { writeSync } = require("node:fs");
const numbers = new Int32Array(shared, 0, ${NUMBERS});
const names = Buffer.from(shared, ${NUMBERS * 4});
let beat, checks, processor, session, suspect;

function reset() {
  beat = Atomics.load(numbers, ${BEAT});
  checks = 0;
  processor = process.cpuUsage();
  suspect = undefined;
  forget();
}

function forget() {
  session?.disconnect();
  session = undefined;
}

/** Asks the watched thread for its current execution. Only one request is active at a time. */
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

function runningFunctions() {
  const found = [];
  for (let slot = 0; slot < ${SLOT_COUNT}; slot++) {
    const [order, length] = numbers.slice(${SLOTS} + 2 * slot);
    const start = slot * ${NAME_BYTES};
    if (order > 0) found.push({ order, name: names.latin1Slice(start, start + length) });
  }
  return found.sort((a, b) => b.order - a.order).map(({ name }) => name);
}

function kill(subject) {
  writeSync(2, subject + " blocked the process for " + limitMs / 1000 +
    " s, as an endless loop does. The process ends. Acknowledged writes are on disk.\\n");
  process.kill(process.pid, "SIGKILL");
}

reset();
setInterval(() => {
  if (Atomics.load(numbers, ${BEAT}) !== beat || Atomics.load(numbers, ${ARMED}) === 0) return reset();
  if (++checks < ${CHECKS}) return;
  const { user, system } = process.cpuUsage(processor);
  if ((user + system) / 1000 < limitMs * checks / ${CHECKS} * ${MIN_CPU_SHARE}) return reset();
  if (checks < ${2 * CHECKS}) return ask();
  if (Atomics.load(numbers, ${RUNNING}) === 0) return reset();
  kill("One of the running functions (" + runningFunctions().join(", ") + ") has");
}, limitMs / ${CHECKS});
`;
