/**
 * Runs functions to their end, within a time limit: one second of its own code for a query or mutation, 30 minutes in total for
 * an action, ten minutes if it is in a `"use node"` file.
 *
 * The own code of a query or mutation is everything between its syscalls. Each function has a `TimeBudget`, which is charged at
 * three points: when a syscall begins, when the function returns, and at each tick of a timer that all budgets share.
 *
 * ```text
 * function   |-- computes 300 ms --|  db.get  |-- awaits its own promise -------------------|
 * charged                        300    0        25   25   25   25  … a tick charges at most two tick lengths
 * ```
 *
 * Time spent awaiting counts only while the process was scheduled: if the machine pauses the process for a minute, the next
 * tick charges 50 ms, not the minute. Time spent computing counts in full at the next syscall. Time within syscalls counts for
 * actions only. When the budget is used up, `run` rejects, even if the function never settles. Code that never yields lets no
 * tick happen; the watchdog (`watchdog/watchdog.ts`) ends it.
 *
 * As on Convex, a query or mutation ends only when its unawaited work has ended too: syscalls run to completion, and a rejected
 * promise that nothing handles fails the function. A function that awaits something, while none of its syscalls is running, can never
 * resolve: nothing else could wake it. It is told so after a few ticks.
 */
import { SyscallError } from "./errors";
import type { Monitor } from "./monitor";
import { currentMonitor } from "./monitor";
import { Slots } from "./slots";
import { settling } from "../store/settling";

// Captured at import, so that tests that fake timers and clocks do not affect them.
const { setInterval, clearInterval } = globalThis;
const now = performance.now.bind(performance);

const TICK_MS = 25;
/** After this number of ticks without a syscall, a promise never resolves. Short work of Node, such as reading a blob, takes less. */
const IDLE_TICKS = 4;

const budgets = new Slots<TimeBudget>();
let ticker: NodeJS.Timeout | null = null;

/** The remaining time of one function. */
export class TimeBudget {
  #expire: (error: SyscallError) => void = () => undefined;
  #usedMs = 0;
  #since = 0;
  #inSyscalls = 0;
  /** Work of Node, such as cryptography in its thread pool, that a query or mutation awaits. */
  #inNode = 0;
  #idleTicks = 0;
  /** Called when the last syscall ends, once the handler has returned. */
  #onIdle: (() => void) | null = null;
  #returned = false;
  #ended = false;
  #monitor: Monitor | null = null;
  #ticket = 0;
  /** The place in `budgets`. */
  #slot: number | null = null;

  /**
   * @param path The function's path. @param limitMs The limit in milliseconds, `Infinity` for none.
   * @param countsSyscalls True for actions: all of their time counts.
   * @param settles True for queries and mutations: they end when their unawaited work has ended.
   */
  constructor(
    private readonly path: string,
    private readonly limitMs: number,
    private readonly countsSyscalls: boolean,
    private readonly settles: boolean,
  ) {}

  /**
   * Runs `work` with this budget. Rejects when the budget is used up, even if `work` catches the error of the syscall or never
   * settles.
   */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#since = now();
    this.#join();
    // Only one promise besides that of the work: every function runs through here, and most are short.
    return new Promise<T>((resolve, reject) => {
      const fail = (error: Error): void => {
        this.#leave();
        reject(error);
      };
      const succeed = (result: T): void => {
        if (this.#ended) return;
        if (this.#usedMs > this.limitMs) {
          fail(this.#error());
          return;
        }
        this.#leave();
        resolve(result);
      };
      const settle = (result: T): void => {
        settling.after(() => {
          this.#since = now();
          if (this.#inSyscalls === 0) succeed(result);
          else this.#onIdle = () => settle(result);
        });
      };
      const returned = (result: T): void => {
        this.#charge(now() - this.#since);
        this.#returned = true;
        if (this.settles) settle(result);
        else succeed(result);
      };
      this.#expire = fail;
      try {
        work().then(returned, fail);
      } catch (error) {
        fail(error as Error);
      }
    });
  }

  /** Fails the function that runs with this budget. Returns false if it has ended. */
  fail(error: SyscallError): boolean {
    if (this.#ended) return false;
    this.#expire(error);
    return true;
  }

  /** Marks work of Node that the function may await, until the returned callback is called. */
  enterNode(): () => void {
    this.#inNode++;
    return () => {
      this.#inNode--;
      this.#idleTicks = 0;
    };
  }

  /** Marks the start of a syscall. @throws SyscallError if the code before it has used up the budget. */
  enter(): void {
    const time = now();
    this.#charge(time - this.#since);
    this.#since = time;
    this.#check();
    this.#inSyscalls++;
  }

  /** Marks the end of a syscall. */
  exit(): void {
    this.#inSyscalls--;
    this.#idleTicks = 0;
    this.#since = now();
    if (this.#inSyscalls > 0 || this.#onIdle === null) return;
    const onIdle = this.#onIdle;
    this.#onIdle = null;
    onIdle();
  }

  /** @param time The current time of the clock that all budgets share. */
  tick(time: number): void {
    this.#charge(Math.min(time - this.#since, TICK_MS * 2));
    this.#since = time;
    if (this.#usedMs > this.limitMs) this.#expire(this.#error());
    else if (this.#isStuck()) this.#expire(new SyscallError("Returned promise will never resolve"));
  }

  #isStuck(): boolean {
    if (!this.settles || this.#returned || this.#inSyscalls > 0 || this.#inNode > 0) return false;
    return ++this.#idleTicks >= IDLE_TICKS;
  }

  #charge(ms: number): void {
    if (this.#inSyscalls === 0 || this.countsSyscalls) this.#usedMs += ms;
  }

  #check(): void {
    if (this.#usedMs > this.limitMs) throw this.#error();
  }

  #error(): SyscallError {
    return new SyscallError(`Function execution timed out (maximum duration: ${duration(this.limitMs)})`);
  }

  #join(): void {
    if (this.limitMs === Infinity) return;
    this.#slot = budgets.add(this);
    this.#monitor = currentMonitor();
    if (this.#monitor !== null) this.#ticket = this.#monitor.entered(this.path);
    ticker ??= setInterval(tick, TICK_MS).unref();
  }

  #leave(): void {
    this.#ended = true;
    if (this.#slot !== null) budgets.delete(this.#slot);
    this.#slot = null;
    this.#monitor?.left(this.#ticket);
    this.#monitor = null;
  }
}

function tick(): void {
  if (budgets.size === 0 && ticker !== null) {
    clearInterval(ticker);
    ticker = null;
  }
  const time = now();
  for (const budget of budgets) budget.tick(time);
}

/** Formats a duration as Convex does: `1s`, `1.5s`, `50ms`. */
function duration(ms: number): string {
  return ms < 1_000 ? `${ms}ms` : `${ms / 1_000}s`;
}
