/**
 * The memory that the watchdog's thread shares with the thread that runs functions: some 32-bit numbers, two more numbers for
 * each slot of a running function, then the names of the functions in the slots.
 */
import type { Monitor } from "../exec/monitor";

/** A counter that the watched thread increments when it makes progress. */
export const BEAT = 0;
/** 1 while the watchdog may act. */
export const ARMED = 1;
/** The number of running functions. */
export const RUNNING = 2;

/** The start of the slots. A slot has the function's order of entry (0 for a free slot) and the length of its name. */
export const SLOTS = 3;
/** Further functions get no slot. Each slot costs one short write per call. */
export const SLOT_COUNT = 32;
export const NUMBERS = SLOTS + 2 * SLOT_COUNT;
export const NAME_BYTES = 120;

const NO_SLOT = -1;
const MAX_ORDER = 2 ** 31 - 1;

/** The watched thread's view of the memory. */
export class WatchdogMemory implements Monitor {
  readonly shared = new SharedArrayBuffer(NUMBERS * 4 + SLOT_COUNT * NAME_BYTES);
  readonly #numbers = new Int32Array(this.shared, 0, NUMBERS);
  readonly #names = Buffer.from(this.shared, NUMBERS * 4);
  readonly #free = Array.from({ length: SLOT_COUNT }, (_, slot) => slot);
  #beats = 0;
  #entered = 0;
  #running = 0;

  set armed(on: boolean) {
    this.#numbers[ARMED] = on ? 1 : 0;
  }

  progressed(): void {
    // Not atomic: only this thread writes, and the worker only compares values.
    this.#beats = (this.#beats + 1) | 0;
    this.#numbers[BEAT] = this.#beats;
  }

  entered(path: string): number {
    this.progressed();
    this.#numbers[RUNNING] = ++this.#running;
    const slot = this.#free.pop();
    if (slot === undefined) return NO_SLOT;
    const at = SLOTS + 2 * slot;
    this.#numbers[at + 1] = this.#names.write(path, slot * NAME_BYTES, NAME_BYTES, "latin1");
    // Never 0, which means a free slot, and never negative.
    this.#entered = (this.#entered % MAX_ORDER) + 1;
    this.#numbers[at] = this.#entered;
    return slot;
  }

  left(slot: number): void {
    this.progressed();
    this.#numbers[RUNNING] = --this.#running;
    if (slot === NO_SLOT) return;
    this.#numbers[SLOTS + 2 * slot] = 0;
    this.#free.push(slot);
  }
}
