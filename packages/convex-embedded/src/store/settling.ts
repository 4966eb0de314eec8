/**
 * Tells when Node has reported the unhandled rejections of the code that has run.
 *
 * Node reports them after the microtasks of each callback of the event loop. A callback of `setImmediate` runs only once in a turn of
 * the loop, and a mutation that waited for the next turn would keep all later mutations waiting: beside busy reads, a turn takes
 * milliseconds. But all callbacks that are pending when a turn begins run in it, each followed by its microtasks and their
 * rejections. So several are requested in advance, and each one ends what has returned since the previous one.
 */
import { setImmediate } from "node:timers";

/** The maximum number of callbacks requested in advance. An unused one takes less than a microsecond. */
const MAX_SLOTS = 256;

export class Settling {
  #waiting: (() => void)[] = [];
  /** Callbacks that are requested and have not run. */
  #pending = 0;
  /** The number to request at once. It doubles if too few were requested, and falls slowly while most of them are not used. */
  #size = 1;
  /** The number used since the last request. */
  #used = 0;

  /** Requests callbacks for code that begins in the next turn. Call this after the request for the turn that begins the code. */
  prepare(): void {
    if (this.#used < this.#size / 2) this.#size = Math.max(1, this.#size - Math.ceil(this.#size / 16));
    this.#used = 0;
    this.#request();
  }

  #request(): void {
    for (let slot = 0; slot < this.#size; slot++) setImmediate(this.#slot);
    this.#pending += this.#size;
  }

  /** Calls back once the rejections of the code that has run are reported, in this turn of the event loop if possible. */
  after(callback: () => void): void {
    this.#waiting.push(callback);
    if (this.#pending > 0) return;
    this.#size = Math.min(this.#size * 2, MAX_SLOTS);
    this.#request();
  }

  /** Resolves in this turn of the event loop if callbacks are pending, else in the next one. */
  soon(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#pending === 0) this.prepare();
    });
  }

  readonly #slot = (): void => {
    this.#pending--;
    if (this.#waiting.length > 0) this.#used++;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) callback();
  };
}

/** All servers of the process share the event loop. */
export const settling = new Settling();
