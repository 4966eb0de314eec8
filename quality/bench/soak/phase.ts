/** A part of a soak: load without a pause, and a look at the server every second. */
import { setTimeout as wait } from "node:timers/promises";
import type { Child } from "../lib/children";
import type { Sample as Probed } from "../lib/product";
import type { Kind, Mix } from "../http/mix";
import type { Taken, Turn } from "../http/mix.child";
import type { Sample } from "./checks";
import type { Subject } from "./snapshot";
import { memoryOf } from "../../lib/usage";
import { logBytes } from "./storage";

/** Per cent: what the benchmark has, and a few uploads and jobs. */
const MIX: Mix = { read: 68, list: 15, create: 5, change: 5, webhook: 5, upload: 1, job: 1 };
const CONNECTIONS = 50;
/** Connections are made anew after that, and webhooks are signed. */
const SLICE_MS = 10_000;
const SAMPLE_MS = 1_000;

/** What one slice of the load has brought. */
export interface Slice {
  readonly taken: Taken;
  readonly samples: readonly Sample[];
}

/** @param sliced is told of each slice. */
export async function soakFor(
  mixer: Child,
  subject: Subject,
  milliseconds: number,
  sliced: (slice: Slice) => void,
): Promise<Sample[]> {
  const all: Sample[] = [];
  const end = performance.now() + milliseconds;
  for (let left = milliseconds; left > SAMPLE_MS; left = end - performance.now()) {
    const stop = new AbortController();
    const sampling = sampleUntil(subject, stop.signal);
    const length = Math.min(SLICE_MS, left);
    const turn: Turn = { target: "product", connections: CONNECTIONS, milliseconds: length, mix: MIX };
    const taken = await mixer.ask<Taken>("turn", turn).finally(() => stop.abort());
    const samples = await sampling;
    all.push(...samples);
    sliced({ taken, samples });
  }
  return all;
}

async function sampleUntil({ child, data }: Subject, stopped: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (;;) {
    await wait(SAMPLE_MS, undefined, { signal: stopped }).catch(() => undefined);
    if (stopped.aborted) return samples;
    const { rss, heapUsed } = await child.ask<Probed>("sample");
    const memory = child.process.pid === undefined ? undefined : memoryOf(child.process.pid);
    samples.push({ rss, heapUsed, log: logBytes(data), ...(memory && { memory }) });
  }
}

/** How many requests of a kind were answered as expected. */
export const countOf = ({ latencies }: Taken, kind: Kind): number => latencies[kind]?.length ?? 0;
