/**
 * Shares the one thread among the executions.
 *
 * What many executions wait for can come in one turn of the event loop: the bodies of their requests, a commit, results that
 * are at hand. Without an order all of them would go on in that turn, and nothing else would be served until the last one had
 * let go. So work that may be long waits here for its turn: one execution goes on when the one before has let go of the thread,
 * and once that has taken long enough, the event loop turns in between.
 */

// Taken here, so that a test which replaces timers and clocks does not replace these.
const { setImmediate, queueMicrotask } = globalThis;
const nextTick = process.nextTick.bind(process);
const performanceNow = performance.now.bind(performance);

/** Of work that waited, in one turn of the event loop. */
const TURN_MS = 10;
/** Turns of the event loop that accept connections, before work goes on all the same. */
const MOST_ACCEPTING = 200;
/** How long calls of actions may follow each other without a turn of the event loop. */
const LONGEST_MS = 50;

export class ThreadScheduler {
  /** Work that has begun goes first: what it holds in memory is freed the sooner. */
  readonly #begun: (() => void)[] = [];
  readonly #fresh: (() => void)[] = [];
  #next: NodeJS.Immediate | null = null;
  #end = 0;
  #connected = false;
  #accepting = 0;
  /** When the first call since the last turn of the event loop came; 0 before it. */
  #firstCall = 0;

  /** @param now milliseconds from any beginning. */
  constructor(private readonly now: () => number = performanceNow) {}

  /**
   * A connection was accepted. Others may wait for that, one turn of the event loop each, and turns full of work would keep
   * them waiting for long: so work waits for them.
   */
  connected(): void {
    this.#connected = true;
  }

  /** Resolves when work may begin. */
  waitToBegin(): Promise<void> {
    return this.#wait(this.#fresh);
  }

  /**
   * To be awaited before a call of an action: a turn where calls have followed each other for long, `null` where work may go
   * on at once.
   */
  waitToContinue(): Promise<void> | null {
    const time = this.now();
    if (this.#firstCall === 0) {
      this.#firstCall = time;
      setImmediate(() => (this.#firstCall = 0));
      return null;
    }
    return time - this.#firstCall < LONGEST_MS ? null : this.#wait(this.#begun);
  }

  #wait(queue: (() => void)[]): Promise<void> {
    return new Promise((resolve) => {
      queue.push(resolve);
      this.#next ??= setImmediate(this.#turn);
    });
  }

  readonly #turn = (): void => {
    if (this.#connected && this.#accepting++ < MOST_ACCEPTING) {
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
    // A tick that a microtask asks for comes when all microtasks have run, those of the work among them.
    queueMicrotask(() => nextTick(this.#afterWork));
  };

  readonly #afterWork = (): void => {
    if (this.now() < this.#end) this.#release();
    else this.#next = setImmediate(this.#turn);
  };
}

/** That of this process: servers in one process share it. */
export const threadScheduler = new ThreadScheduler();
