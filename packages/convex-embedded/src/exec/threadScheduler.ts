/**
 * Shares the process's one thread among the executions.
 *
 * Many executions can become ready in one turn of the event loop: request bodies arrive, a commit ends, results are available.
 * Without scheduling, all of them would run in that turn and delay everything else. So work that may take long waits here. One
 * execution runs after the previous one has yielded the thread. When executions have run for `TURN_MS`, the event loop turns.
 */

// Captured at import, so that tests that fake timers and clocks do not affect them.
const { setImmediate, queueMicrotask } = globalThis;
const nextTick = process.nextTick.bind(process);
const performanceNow = performance.now.bind(performance);

/** How long waiting work may run in one turn of the event loop, in milliseconds. */
const TURN_MS = 10;
/** The maximum number of turns that work yields to new connections. */
const MAX_ACCEPTING_TURNS = 200;
/** How long calls of actions may follow each other without a turn of the event loop, in milliseconds. */
const MAX_CONTINUOUS_MS = 50;

export class ThreadScheduler {
  /** Work that has begun takes precedence, because its memory is then freed sooner. */
  readonly #begun: (() => void)[] = [];
  readonly #fresh: (() => void)[] = [];
  #next: NodeJS.Immediate | null = null;
  #end = 0;
  #connected = false;
  #accepting = 0;
  /** The time of the first call since the last turn of the event loop, 0 before that call. */
  #firstCall = 0;

  /** @param now Returns milliseconds since an arbitrary point. */
  constructor(private readonly now: () => number = performanceNow) {}

  /**
   * Reports an accepted connection. Further connections may be waiting, and the event loop accepts one per turn. Work pauses
   * meanwhile: turns full of work would delay those connections.
   */
  connected(): void {
    this.#connected = true;
  }

  /** Resolves when new work may begin. */
  waitToBegin(): Promise<void> {
    return this.#wait(this.#fresh);
  }

  /**
   * Await this before each call of an action. Returns `null` if the work may continue immediately, else a promise for the next
   * turn: calls have then followed each other for `MAX_CONTINUOUS_MS`.
   */
  waitToContinue(): Promise<void> | null {
    const time = this.now();
    if (this.#firstCall === 0) {
      this.#firstCall = time;
      setImmediate(() => (this.#firstCall = 0));
      return null;
    }
    return time - this.#firstCall < MAX_CONTINUOUS_MS ? null : this.#wait(this.#begun);
  }

  #wait(queue: (() => void)[]): Promise<void> {
    return new Promise((resolve) => {
      queue.push(resolve);
      this.#next ??= setImmediate(this.#turn);
    });
  }

  readonly #turn = (): void => {
    if (this.#connected && this.#accepting++ < MAX_ACCEPTING_TURNS) {
      this.#connected = false;
      this.#next = setImmediate(this.#turn);
      return;
    }
    this.#accepting = 0;
    this.#end = this.now() + TURN_MS;
    this.#release();
  };

  readonly #release = (): void => {
    const first = this.#begun.shift() ?? this.#fresh.shift();
    if (first === undefined) {
      this.#next = null;
      return;
    }
    first();
    // A tick that a microtask requests runs after all microtasks, including those of the work.
    queueMicrotask(() => nextTick(this.#afterWork));
  };

  readonly #afterWork = (): void => {
    if (this.now() < this.#end) this.#release();
    else this.#next = setImmediate(this.#turn);
  };
}

/** The scheduler of this process. All servers in the process share it. */
export const threadScheduler = new ThreadScheduler();
