/**
 * Runs scheduled functions in a test. Each has its own `setTimeout`, which may be faked, and starts only in its callback. No
 * function runs before the test advances the time.
 */
import { functionLabel } from "../exec/functionAddress";
import type { Engine } from "../exec/engine";
import { Jobs } from "../jobs/jobs";
import type { Task } from "../jobs/runner";
import { Runner } from "../jobs/runner";
import type { Work } from "../jobs/work";
import type { Transaction } from "../store/types";
import { installGlobals, outsideFunctions } from "./globals";
import { realTimers, turn } from "./realTimers";

/** Longer timeouts fire immediately, both in Node and in fake timers. Milliseconds. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;
/** Turns of the event loop to wait for real timers that were set before the test faked them. */
const IDLE_TURNS = 20;

export class ScheduledFunctions {
  readonly #engine: () => Engine;
  readonly #jobs: Jobs;
  /** Ids of the jobs that wait or run. */
  readonly #known = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #waiting = 0;

  /** @param engine returns the engine. It is a function because the engine refers to this object. */
  constructor(engine: () => Engine) {
    this.#engine = engine;
    const { store, clock, components } = engine();
    this.#jobs = new Jobs(store, new TestRunner(engine, realTimers), clock, () => components.keys());
  }

  /** Sets timers for jobs committed since the last call. */
  wake(): void {
    const snapshot = this.#engine().store.snapshot();
    try {
      for (const work of this.#jobs.waiting(snapshot)) {
        if (this.#known.has(work.key)) continue;
        this.#known.add(work.key);
        this.#wait(work);
      }
    } finally {
      snapshot.release();
    }
  }

  /** Resolves when all running functions have ended. */
  async finishInProgress(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /**
   * Advances the time until no function is scheduled.
   *
   * @param advanceTimers `vi.runAllTimers`; its errors end the wait.
   * @throws Error after `maxIterations`, or if the timers were replaced meanwhile.
   */
  async finishAll(advanceTimers: () => void, maxIterations: number): Promise<void> {
    const timers = currentTimeout();
    const advance = (): void => {
      if (currentTimeout() !== timers) {
        throw new Error(
          "finishAllScheduledFunctions: timers were restored or replaced while functions were still to run.",
        );
      }
      advanceTimers();
    };
    let idle = 0;
    for (let i = 0; i < maxIterations; i++) {
      advance();
      if (this.#running.size > 0) {
        idle = 0;
        await this.#pump(advance);
      } else {
        // Functions that wait for a real timer may not run within this test.
        if (this.#waiting === 0 || idle === IDLE_TURNS) return;
        idle++;
        await turn();
      }
    }
    throw new Error(
      "finishAllScheduledFunctions: too many iterations. Check for infinitely recursive scheduled functions, or raise " +
        "`maxIterations`.",
    );
  }

  /** Waits for running functions, and advances the time for those that wait for timers. */
  async #pump(advance: () => void): Promise<void> {
    const finished = this.finishInProgress().then(() => true);
    const passed = async (): Promise<boolean> => {
      await turn();
      return false;
    };
    while (!(await Promise.race([finished, passed()]))) advance();
  }

  #wait(work: Work): void {
    const delay = Math.max(0, work.due - this.#engine().clock());
    const fire = delay > MAX_TIMEOUT_MS ? () => this.#wait(work) : () => this.#start(work);
    this.#waiting++;
    outsideFunctions(() => {
      const handle: { unref?: () => void } = setTimeout(
        () => {
          this.#waiting--;
          fire();
        },
        Math.min(delay, MAX_TIMEOUT_MS),
      );
      handle.unref?.();
    });
  }

  #start(work: Work): void {
    installGlobals();
    const run = work.run().then(() => {
      this.#running.delete(run);
      this.#known.delete(work.key);
      this.wake();
    });
    this.#running.add(run);
  }
}

function currentTimeout(): typeof setTimeout {
  return outsideFunctions(() => setTimeout);
}

/** Prints failures, because a scheduled function has no caller that could receive them. */
class TestRunner extends Runner {
  override run(task: Task): Promise<void> {
    return super.run({
      ...task,
      begin: (transaction) => task.begin(transaction),
      end(transaction: Transaction, outcome) {
        if (outcome.kind === "failed") {
          const name = functionLabel({ component: task.component, path: task.name });
          console.error(`The scheduled function ${name} failed: ${outcome.error}`);
        }
        task.end(transaction, outcome);
      },
    });
  }
}
