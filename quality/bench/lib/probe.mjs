/**
 * Reports memory and event loop delay of a process to its parent. It is preloaded with `NODE_OPTIONS=--import`, so that the
 * measured program is unchanged. It answers the requests of `children.ts` over IPC, and does not keep the process alive.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

/** Milliseconds between two measurements of the event loop. */
const RESOLUTION = 10;
const NS_PER_MS = 1e6;

// Worker threads also preload this file.
if (isMainThread && process.channel) answer();

function answer() {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION });
  loop.enable();
  // The histogram has the time between two measurements, which includes the planned interval.
  const late = (ns) => Math.max(0, ns / NS_PER_MS - RESOLUTION);
  const answers = {
    reset: () => loop.reset(),
    sample: () => ({
      ...process.memoryUsage(),
      loop: { p50: late(loop.percentile(50)), p99: late(loop.percentile(99)), max: late(loop.max) },
    }),
    /** Collects garbage. @returns the bytes of the heap that are in use. */
    collect: () => {
      setFlagsFromString("--expose-gc");
      // Several times, because objects that one collection finalizes are freed by the next one.
      for (let i = 0; i < 3; i++) runInNewContext("gc")();
      return process.memoryUsage().heapUsed;
    },
  };
  process.on("message", ({ name }) => process.send({ answer: answers[name]() ?? null }));
  // The parent has ended.
  process.on("disconnect", () => process.exit(0));
  process.channel.unref();
}
