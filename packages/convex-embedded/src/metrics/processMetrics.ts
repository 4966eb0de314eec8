/** Metrics of the Node process, under the names that dashboards for Node expect. */
import type { IntervalHistogram } from "node:perf_hooks";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Family } from "./exposition";
import { counter, gauge } from "./exposition";

/** How often the event loop is observed, in milliseconds. */
const RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

export class ProcessMetrics {
  /** Started by the first scrape: a server that is not scraped does not pay for it. */
  #delay: IntervalHistogram | null = null;

  families(): Family[] {
    const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return [
      ...this.#eventLoop(),
      gauge("process_resident_memory_bytes", "Resident memory of the process.", rss),
      gauge("nodejs_heap_size_used_bytes", "Used heap of V8.", heapUsed),
      gauge("nodejs_heap_size_total_bytes", "Heap of V8.", heapTotal),
      gauge("nodejs_external_memory_bytes", "Memory of objects outside the heap.", external),
      counter("process_cpu_seconds_total", "Processor time, user and system.", (user + system) / 1e6),
      gauge(
        "process_start_time_seconds",
        "Start of the process, in seconds since 1970.",
        performance.timeOrigin / 1000,
      ),
    ];
  }

  stop(): void {
    this.#delay?.disable();
  }

  /** Delays since the last scrape. The histogram counts whole intervals, so an idle loop shows a delay of 0. */
  #eventLoop(): Family[] {
    if (this.#delay === null) {
      this.#delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#delay.enable();
    }
    const { count, mean, max } = this.#delay;
    const interval = RESOLUTION_MS / 1000;
    const delay = (nanoseconds: number): number =>
      count === 0 ? 0 : Math.max(0, nanoseconds / NANOSECONDS - interval);
    const p99 = count === 0 ? 0 : this.#delay.percentile(99);
    const families = [
      gauge(
        "nodejs_eventloop_lag_mean_seconds",
        "Mean delay of the event loop since the last scrape.",
        delay(mean),
      ),
      gauge("nodejs_eventloop_lag_p99_seconds", "99th percentile of that delay.", delay(p99)),
      gauge("nodejs_eventloop_lag_max_seconds", "Maximum of that delay.", delay(max)),
    ];
    this.#delay.reset();
    return families;
  }
}
