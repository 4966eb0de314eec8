/** Measures what an attack costs the server: CPU, memory, descriptors, and the waiting time of another client. */
import { setTimeout as wait } from "node:timers/promises";
import { cpuSeconds, descriptorCount, memoryOf, SPARE_DESCRIPTORS } from "../../lib/usage";

interface Reading {
  /** The process's own memory in bytes; `NaN` if the system does not provide it. */
  readonly memory: number;
  readonly descriptors: number;
}

export interface Figures {
  readonly before: Reading;
  readonly after: Reading;
  readonly mostMemory: number;
  /** CPU time of the server's process, in seconds. */
  readonly cpu: number;
  /** `GET /health` during the attack: the longest time in milliseconds, and the number of requests. */
  readonly health: { readonly longest: number; readonly requests: number };
}

const INTERVAL_MS = 100;
const SETTLE_MS = 20_000;

/** Measures the process before, during and after `work`. @param alive returns whether the process is running. */
export async function measure(
  { pid, url, alive }: { readonly pid: number; readonly url: string; readonly alive: () => boolean },
  work: () => Promise<unknown>,
): Promise<Figures> {
  const before = readingOf(pid);
  const cpu = cpuSeconds(pid);
  let mostMemory = before.memory;
  let longest = 0;
  let requests = 0;
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted && alive()) {
      const started = performance.now();
      await fetch(`${url}/health`)
        .then((reply) => reply.arrayBuffer())
        .catch(() => undefined);
      longest = Math.max(longest, performance.now() - started);
      requests++;
      if (alive()) mostMemory = Math.max(mostMemory, readingOf(pid).memory);
      await wait(INTERVAL_MS);
    }
  })();
  await work();
  stop.abort();
  await watching;
  const after = alive() ? await settled(pid, before) : { memory: NaN, descriptors: NaN };
  return { before, after, mostMemory, cpu: cpuSeconds(pid) - cpu, health: { longest, requests } };
}

/** Waits until the connections are closed, at most `SETTLE_MS`. @returns the reading then. */
async function settled(pid: number, before: Reading): Promise<Reading> {
  const end = performance.now() + SETTLE_MS;
  for (;;) {
    const reading = readingOf(pid);
    if (!(reading.descriptors > before.descriptors + SPARE_DESCRIPTORS) || performance.now() > end)
      return reading;
    await wait(INTERVAL_MS);
  }
}

function readingOf(pid: number): Reading {
  return { memory: memoryOf(pid)?.own ?? NaN, descriptors: descriptorCount(pid) };
}
