/**
 * Tells the process that started this one how it is doing: preloaded by `NODE_OPTIONS=--import`, so that the program itself
 * is the one that users start. It answers over IPC, as `children.ts` asks, and keeps nothing alive.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isMainThread } from "node:worker_threads";

/** Milliseconds between two looks at the event loop. */
const RESOLUTION = 10;
const NS_PER_MS = 1e6;

// Worker threads load this, too.
if (isMainThread && process.channel) answer();

function answer() {
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION });
  loop.enable();
  // The histogram holds the time between two looks, so what they were planned apart is no delay.
  const late = (ns) => Math.max(0, ns / NS_PER_MS - RESOLUTION);
  const answers = {
    reset: () => loop.reset(),
    sample: () => ({
      ...process.memoryUsage(),
      loop: { p50: late(loop.percentile(50)), p99: late(loop.percentile(99)), max: late(loop.max) },
    }),
    /** Bytes of the heap that are in use. */
    collect: () => {
      setFlagsFromString("--expose-gc");
      // What one collection finalizes, the next one frees.
      for (let i = 0; i < 3; i++) runInNewContext("gc")();
      return process.memoryUsage().heapUsed;
    },
  };
  process.on("message", ({ name }) => process.send({ answer: answers[name]() ?? null }));
  // A server that nobody measures any more is of no use.
  process.on("disconnect", () => process.exit(0));
  process.channel.unref();
}
