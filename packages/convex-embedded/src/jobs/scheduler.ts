/**
 * Starts work when it is due.
 *
 * Waiting work is stored only in the database. One timer waits for the earliest work. The scheduler reads the database again
 * whenever a commit may have added work, work has ended, or the timer fires, so a clock jump neither loses nor doubles work.
 */
import { setImmediate } from "node:timers";
import type { LogLine } from "../exec/logLine";
import type { Store } from "../store/types";
import type { Timers } from "./timers";
import type { Work, WorkSource } from "./work";

export interface SchedulerOptions {
  readonly store: Store;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly timers: Timers;
  readonly log: (line: LogLine) => void;
}

/** How much work runs at once. As on Convex, mutations and actions share the limit. */
const MAX_RUNNING = 16;
/** The longest timer, which bounds the delay in noticing a clock change or a machine that slept. Timers could wait for 24 days. */
const MAX_TIMER_MS = 60_000;

export class Scheduler {
  readonly #running = new Map<string, Promise<void>>();
  #timer: unknown = null;
  #idle: (() => void)[] = [];
  #looking = false;
  #stopped = true;

  constructor(
    private readonly sources: readonly WorkSource[],
    private readonly options: SchedulerOptions,
  ) {}

  /** The amount of work that runs now. */
  get running(): number {
    return this.#running.size;
  }

  /** Starts the scheduler. */
  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** Call it after a commit that may have added work, and when time may have passed unnoticed. */
  wake(): void {
    if (this.#looking || this.#stopped) return;
    this.#looking = true;
    // Due mutations then share a commit with those of the next requests.
    setImmediate(() => {
      this.#looking = false;
      this.#look();
    });
  }

  /** Resolves when no work is due or running, or the scheduler is closed. It does not wait for work that is due later. */
  idle(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.wake();
    });
  }

  /** Starts no more work. Due work stays in the database. */
  stop(): void {
    this.#stopped = true;
    this.options.timers.clear(this.#timer);
    this.#settleIdle();
  }

  /** Resolves when all running work has ended. */
  async drained(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  #look(): void {
    if (this.#stopped) return;
    this.options.timers.clear(this.#timer);
    this.#timer = null;
    let found;
    try {
      found = this.#waiting();
    } catch (error) {
      this.#complain(error);
      this.#wait(MAX_TIMER_MS);
      return;
    }
    const free = MAX_RUNNING - this.#running.size;
    for (const work of found.due.slice(0, free)) this.#begin(work);
    if (found.next !== null) this.#wait(Math.max(1, Math.ceil(found.next - this.options.clock())));
    if (this.#running.size === 0) this.#settleIdle();
  }

  /** Returns due work that is not running, up to the free capacity, and the time of the next work. */
  #waiting(): { due: Work[]; next: number | null } {
    const now = this.options.clock();
    const free = MAX_RUNNING - this.#running.size;
    const due: Work[] = [];
    let next: number | null = null;
    const snapshot = this.options.store.snapshot();
    try {
      for (const source of this.sources) {
        let taken = 0;
        for (const work of source.waiting(snapshot)) {
          if (this.#running.has(work.key)) continue;
          if (work.due > now) {
            next = Math.min(next ?? Infinity, work.due);
            break;
          }
          if (taken++ >= free) break;
          due.push(work);
        }
      }
    } finally {
      snapshot.release();
    }
    return { due: due.sort((a, b) => a.due - b.due), next };
  }

  #begin(work: Work): void {
    const run = work
      .run()
      .catch((error: unknown) => this.#complain(error))
      .then(() => {
        this.#running.delete(work.key);
        this.wake();
      });
    this.#running.set(work.key, run);
  }

  #wait(ms: number): void {
    this.#timer = this.options.timers.set(() => this.#look(), Math.min(ms, MAX_TIMER_MS));
  }

  #settleIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #complain(error: unknown): void {
    const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.options.log({ level: "error", path: null, message: `The scheduler failed: ${shown}` });
  }
}
