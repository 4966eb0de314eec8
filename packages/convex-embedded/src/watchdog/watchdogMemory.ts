/**
 * The memory that the watchdog's thread shares with the thread that runs functions: some 32-bit numbers, two more for each
 * listed function, then the names of the listed functions.
 */
import type { Monitor } from "../exec/monitor";

/** Increases with each progress of the watched thread. */
export const BEAT = 0;
/** 1 while the watchdog may act. */
export const ON_GUARD = 1;
/** How many functions are under way. */
export const RUNNING = 2;

/** Where the list of functions begins: for each its order of entry (0 for none) and the length of its name. */
export const PLACES = 3;
/** More functions than that are not listed: each then costs one short write. */
export const PLACE_COUNT = 32;
export const NUMBERS = PLACES + 2 * PLACE_COUNT;
export const NAME_BYTES = 120;

const NO_PLACE = -1;
const MAX_ORDER = 2 ** 31 - 1;

/** The side of the watched thread. */
export class WatchdogMemory implements Monitor {
  readonly shared = new SharedArrayBuffer(NUMBERS * 4 + PLACE_COUNT * NAME_BYTES);
  readonly #numbers = new Int32Array(this.shared, 0, NUMBERS);
  readonly #names = Buffer.from(this.shared, NUMBERS * 4);
  readonly #free = Array.from({ length: PLACE_COUNT }, (_, place) => place);
  #beats = 0;
  #entered = 0;
  #running = 0;

  set onGuard(on: boolean) {
    this.#numbers[ON_GUARD] = on ? 1 : 0;
  }

  progressed(): void {
    // No atomic increment: this thread alone writes, and the other one only looks for a change.
    this.#beats = (this.#beats + 1) | 0;
    this.#numbers[BEAT] = this.#beats;
  }

  entered(path: string): number {
    this.progressed();
    this.#numbers[RUNNING] = ++this.#running;
    const place = this.#free.pop();
    if (place === undefined) return NO_PLACE;
    const at = PLACES + 2 * place;
    this.#numbers[at + 1] = this.#names.write(path, place * NAME_BYTES, NAME_BYTES, "latin1");
    // Never 0, which means no function, and never negative.
    this.#entered = (this.#entered % MAX_ORDER) + 1;
    this.#numbers[at] = this.#entered;
    return place;
  }

  left(place: number): void {
    this.progressed();
    this.#numbers[RUNNING] = --this.#running;
    if (place === NO_PLACE) return;
    this.#numbers[PLACES + 2 * place] = 0;
    this.#free.push(place);
  }
}
