/** A part of a soak: continuous load, and a sample every second. */
import { setTimeout as wait } from "node:timers/promises";
import type { Child } from "../lib/children";
import type { Sample as Probed } from "../lib/product";
import type { Kind, Mix } from "../http/mix";
import type { Taken, Turn } from "../http/mix.child";
import type { Sample } from "./checks";
import type { Subject } from "./snapshot";
import { memoryOf } from "../../lib/usage";
import { logBytes } from "./storage";

/** Shares in per cent: the mix of the benchmark, with some uploads and jobs. */
const MIX: Mix = { read: 68, list: 15, create: 5, change: 5, webhook: 5, upload: 1, job: 1 };
const CONNECTIONS = 50;
/** After each slice, connections are opened again and webhooks are signed. */
const SLICE_MS = 10_000;
const SAMPLE_MS = 1_000;

/** The result of one slice of the load. */
export interface Slice {
  readonly taken: Taken;
  readonly samples: readonly Sample[];
}

/** Loads the server. @param onSlice called with each slice. */
export async function soakFor(
  mixer: Child,
  subject: Subject,
  milliseconds: number,
  onSlice: (slice: Slice) => void,
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
    onSlice({ taken, samples });
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

/** Returns the number of correctly answered requests of a kind. */
export const countOf = ({ latencies }: Taken, kind: Kind): number => latencies[kind]?.length ?? 0;
