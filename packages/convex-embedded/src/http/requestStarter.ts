/**
 * When requests begin that have come in.
 *
 * Those that a turn of the event loop brings begin together after it. That takes a quarter less time than to begin each
 * where its bytes are parsed. But libuv accepts one connection in each turn: beside busy ones, new connections would wait
 * for seconds. So a turn has an end, and while connections come in each turn begins one request.
 */

/** Of beginning requests, in one turn. What they wait for comes on top. */
const TURN_MS = 10;

export class RequestStarter {
  #waiting: (() => void)[] = [];
  #next: NodeJS.Immediate | null = null;
  #connected = false;

  /** @param now milliseconds from any beginning. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** A connection was accepted: others may wait for it. */
  connected(): void {
    this.#connected = true;
  }

  /** Begins a request in its turn. @param begin must not throw. */
  add(begin: () => void): void {
    this.#waiting.push(begin);
    this.#next ??= setImmediate(this.#turn);
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
