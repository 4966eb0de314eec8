/** What an attack costs the server: CPU, memory, descriptors, and how long another client waits meanwhile. */
import { setTimeout as wait } from "node:timers/promises";
import { cpuSeconds, descriptorCount, memoryOf, SPARE_DESCRIPTORS } from "../../lib/usage";

interface Reading {
  /** Bytes of its own; `NaN` where nothing is known of another process. */
  readonly memory: number;
  readonly descriptors: number;
}

export interface Figures {
  readonly before: Reading;
  readonly after: Reading;
  readonly mostMemory: number;
  /** Seconds of the server's process. */
  readonly cpu: number;
  /** Milliseconds that `GET /health` took: the longest, and how often it was asked. */
  readonly health: { readonly longest: number; readonly asked: number };
}

const INTERVAL_MS = 100;
const SETTLE_MS = 20_000;

/** Measures the process while something is done to it, and when that has gone. @param alive whether it still runs. */
export async function measure(
  { pid, url, alive }: { readonly pid: number; readonly url: string; readonly alive: () => boolean },
  work: () => Promise<unknown>,
): Promise<Figures> {
  const before = readingOf(pid);
  const cpu = cpuSeconds(pid);
  let mostMemory = before.memory;
  let longest = 0;
  let asked = 0;
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted && alive()) {
      const started = performance.now();
      await fetch(`${url}/health`)
        .then((reply) => reply.arrayBuffer())
        .catch(() => undefined);
      longest = Math.max(longest, performance.now() - started);
      asked++;
      if (alive()) mostMemory = Math.max(mostMemory, readingOf(pid).memory);
      await wait(INTERVAL_MS);
    }
  })();
  await work();
  stop.abort();
  await watching;
  const after = alive() ? await settled(pid, before) : { memory: NaN, descriptors: NaN };
  return { before, after, mostMemory, cpu: cpuSeconds(pid) - cpu, health: { longest, asked } };
}

/** The reading when its connections are closed, or after some time in which they were not. */
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
