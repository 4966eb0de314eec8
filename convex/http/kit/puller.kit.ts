/** The result of a pull. */
export type Pulled<T> =
  | { kind: "value"; value: T }
  /** The source has ended. */
  | { kind: "end" }
  /** No value came in time. The next pull waits for the same value. */
  | { kind: "idle" }
  /** The time limit has passed. */
  | { kind: "timeOver" }
  /** `stop` was called. */
  | { kind: "stopped" };

/**
 * Takes values from an async iterable, one at a time, and stops to wait when time is over or the consumer has left. The source is asked
 * for a value only by `next`.
 */
export class Puller<T> {
  private readonly iterator: AsyncIterator<T>;
  private readonly timer: ReturnType<typeof setTimeout> | undefined;
  /** The requested value: undefined when none is requested, and `waiting` until it arrives. */
  private requested: "waiting" | Arrived<T> | undefined;
  private over: Pulled<T> | undefined;
  private wake: (() => void) | undefined;
  private ended = false;

  /** @param endAfterMs Milliseconds after which `next` reports `timeOver`. */
  constructor(source: AsyncIterable<T>, endAfterMs: number | undefined) {
    this.iterator = source[Symbol.asyncIterator]();
    if (endAfterMs !== undefined)
      this.timer = setTimeout(() => this.finish({ kind: "timeOver" }), endAfterMs);
  }

  /**
   * Returns the next value, or why there is none.
   *
   * @param idleMs Milliseconds after which `idle` is returned. Default: no limit.
   * @throws the source's error.
   */
  async next(idleMs?: number): Promise<Pulled<T>> {
    if (!this.over) this.request();
    if (this.requested === "waiting" && !this.over) await this.wait(idleMs);
    return this.over ?? this.take();
  }

  /** Returns the requested value if it has arrived. */
  private take(): Pulled<T> {
    const arrived = this.requested;
    if (arrived === "waiting" || arrived === undefined) return { kind: "idle" };
    this.requested = undefined;
    if ("error" in arrived) {
      this.ended = true;
      throw arrived.error;
    }
    if (arrived.result.done !== true) return { kind: "value", value: arrived.result.value };
    this.ended = true;
    return { kind: "end" };
  }

  /** Ends a pull that waits, and all later ones. */
  stop(): void {
    this.finish({ kind: "stopped" });
  }

  /** Releases the timer and returns the iterator, so that its `finally` runs. @throws an error of that block. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    if (this.ended) return;
    this.ended = true;
    const returned = this.iterator.return?.();
    // A generator that waits returns only after its wait. The stream must not wait for it, but an error must not be unhandled.
    if (this.requested === "waiting") returned?.catch(() => undefined);
    else await returned;
  }

  private request(): void {
    if (this.requested) return;
    this.requested = "waiting";
    // Both outcomes are handled at once: on Convex, an unhandled rejection ends the request.
    this.iterator.next().then(
      (result) => this.arrive({ result }),
      (error: unknown) => this.arrive({ error }),
    );
  }

  private arrive(outcome: Arrived<T>): void {
    this.requested = outcome;
    this.wake?.();
  }

  private finish(why: Pulled<T>): void {
    this.over ??= why;
    this.wake?.();
  }

  /** Waits until a value arrives, the puller is finished, or the time has passed. */
  private wait(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => this.wake?.(), ms);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = undefined;
        resolve();
      };
    });
  }
}

type Arrived<T> = { result: IteratorResult<T, unknown> } | { error: unknown };
