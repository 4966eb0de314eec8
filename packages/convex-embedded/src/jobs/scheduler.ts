/**
 * Starts work when it is due.
 *
 * What waits is in the database, nowhere else; one timer waits for the earliest. It looks again whenever a commit may
 * have added work, work has ended, or the timer fires, so that a clock that jumps loses and doubles nothing.
 */
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

/** As on Convex, mutations and actions share the places. */
const AT_ONCE = 16;
/** A clock that is set, or a machine that slept, is noticed so late at most. Timers could wait for 24 days. */
const LONGEST_WAIT_MS = 60_000;

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

  /** Begins with what is due. */
  start(): void {
    this.#stopped = false;
    this.wake();
  }

  /** To be called after a commit that may have added work, and when time may have passed unnoticed. */
  wake(): void {
    if (this.#looking || this.#stopped) return;
    this.#looking = true;
    queueMicrotask(() => {
      this.#looking = false;
      this.#look();
    });
  }

  /** Resolves when nothing is due or running, or the scheduler is closed. What is due later does not count. */
  idle(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idle.push(resolve);
      this.wake();
    });
  }

  /** Starts nothing any more. What is due stays in the database. */
  stop(): void {
    this.#stopped = true;
    this.options.timers.clear(this.#timer);
    this.#settleIdle();
  }

  /** Resolves when what is running has ended. */
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
      this.#wait(LONGEST_WAIT_MS);
      return;
    }
    const free = AT_ONCE - this.#running.size;
    for (const work of found.due.slice(0, free)) this.#begin(work);
    if (found.next !== null) this.#wait(Math.max(1, Math.ceil(found.next - this.options.clock())));
    if (this.#running.size === 0) this.#settleIdle();
  }

  /** What is due and not running, as far as there are places, and when the next will be. */
  #waiting(): { due: Work[]; next: number | null } {
    const now = this.options.clock();
    const free = AT_ONCE - this.#running.size;
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
    this.#timer = this.options.timers.set(() => this.#look(), Math.min(ms, LONGEST_WAIT_MS));
  }

  #settleIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #complain(error: unknown): void {
    const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.options.log({ level: "error", path: null, message: `The scheduler failed: ${shown}` });
  }
}
