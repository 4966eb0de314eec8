/**
 * Decides when requests begin.
 *
 * Requests that arrive in one turn of the event loop begin together after it. This takes a quarter less time than beginning
 * each one where its bytes are parsed. But libuv accepts one connection per turn, so new connections would wait for seconds
 * beside busy ones. The time of a turn is therefore limited, and while connections arrive each turn begins one request.
 */

import { settling } from "../store/settling";

/** Milliseconds that one turn spends on beginning requests, without their asynchronous work. */
const TURN_MS = 10;

export class RequestStarter {
  #waiting: (() => void)[] = [];
  #next: NodeJS.Immediate | null = null;
  #connected = false;

  /** @param now returns milliseconds from an arbitrary origin. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Reports that a connection was accepted; more may be waiting. */
  connected(): void {
    this.#connected = true;
  }

  /** Begins a request in its turn. @param begin must not throw. */
  add(begin: () => void): void {
    this.#waiting.push(begin);
    if (this.#next !== null) return;
    this.#next = setImmediate(this.#turn);
    settling.prepare();
  }

  readonly #turn = (): void => {
    const end = this.now() + (this.#connected ? 0 : TURN_MS);
    this.#connected = false;
    this.#next = null;
    let begun = 0;
    for (const begin of this.#waiting) {
      begun++;
      begin();
      if (this.now() >= end) break;
    }
    this.#waiting = this.#waiting.slice(begun);
    if (this.#waiting.length > 0) this.#next = setImmediate(this.#turn);
  };
}
