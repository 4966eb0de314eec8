/**
 * Bounds the memory for request bodies.
 *
 * A body that a function reads reserves memory for its declared length, or for each part if it declares none. If there is not
 * enough, the body waits for a short time with its socket unread, then it is refused. While others wait, a body that arrives too
 * slowly loses its reservation, so that slow clients cannot hold all of the memory.
 */

export interface BodyMemoryOptions {
  /** Bytes of all bodies together. */
  readonly bytes: number;
  /** How many bodies may wait. */
  readonly waiting: number;
  /** How long a body waits. Milliseconds. */
  readonly waitMs: number;
  /** While others wait, a body must arrive fast enough to be complete within this time. Milliseconds. */
  readonly paceMs: number;
}

const DEFAULTS: BodyMemoryOptions = {
  bytes: 64 * 1024 * 1024,
  waiting: 128,
  waitMs: 5_000,
  paceMs: 30_000,
};

const CHECK_MS = 1_000;

interface Waiting {
  readonly size: number;
  readonly admit: () => void;
}

/** The memory that one body has reserved. */
export interface Reservation {
  /** Part of the body has arrived. @throws The error of `overloadError` if the body has no declared length and no memory is free. */
  take(bytes: number): void;
  /** All of the body has arrived. */
  complete(): void;
  /** Frees the memory. */
  leave(): void;
}

export class BodyMemory {
  readonly #options: BodyMemoryOptions;
  readonly #reservations = new Set<BodyReservation>();
  readonly #waiting = new Set<Waiting>();
  #held = 0;
  #checking: NodeJS.Timeout | null = null;

  constructor(options: Partial<BodyMemoryOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** Bytes that are reserved now. */
  get held(): number {
    return this.#held;
  }

  /** Bodies that wait for memory. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Reserves memory for a body.
   *
   * @param size the declared length in bytes; `null` if none is declared.
   * @param cut called when the body loses its reservation because it arrives too slowly.
   * @throws the error of `overloadError` if no memory is free, immediately or after the wait.
   */
  async enter(size: number | null, cut: (reason: Error) => void): Promise<Reservation> {
    const reservation = new BodyReservation(this, size, cut);
    if (size !== null && !this.#fits(size)) await this.#wait(size);
    // `#admit` has already reserved the memory of a body that waited.
    else this.#held += reservation.size;
    this.#reservations.add(reservation);
    return reservation;
  }

  /** @internal Reserves memory for another part of a body. @throws the error of `overloadError` if none is free. */
  grow(bytes: number): void {
    if (!this.#fits(bytes)) throw overloadError();
    this.#held += bytes;
  }

  /** @internal */
  leave(reservation: BodyReservation): void {
    if (!this.#reservations.delete(reservation)) return;
    this.#held -= reservation.size;
    this.#admit();
  }

  /** A single body always fits; otherwise a body larger than the limit would never be read. */
  #fits(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.#options.bytes;
  }

  #wait(size: number): Promise<void> {
    const { waiting, waitMs } = this.#options;
    if (this.#waiting.size >= waiting) return Promise.reject(overloadError());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(one);
        reject(overloadError());
      }, waitMs);
      const one: Waiting = {
        size,
        admit: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiting.add(one);
      this.#checking ??= setInterval(() => this.#check(), CHECK_MS).unref();
    });
  }

  /** Admits waiting bodies in order. A body that fits goes ahead of larger ones. */
  #admit(): void {
    for (const one of this.#waiting) {
      if (!this.#fits(one.size)) continue;
      this.#waiting.delete(one);
      this.#held += one.size;
      one.admit();
    }
  }

  #check(): void {
    if (this.#waiting.size === 0) {
      if (this.#checking !== null) clearInterval(this.#checking);
      this.#checking = null;
      for (const reservation of this.#reservations) reservation.forgetPace();
      return;
    }
    for (const reservation of this.#reservations) {
      if (reservation.isSlow(CHECK_MS / this.#options.paceMs)) reservation.lose();
    }
  }
}

class BodyReservation implements Reservation {
  size: number;
  readonly #grows: boolean;
  #received = 0;
  /** Bytes that had arrived at the last check; `null` before the first. */
  #seen: number | null = null;
  #complete = false;

  constructor(
    private readonly memory: BodyMemory,
    declared: number | null,
    private readonly cut: (reason: Error) => void,
  ) {
    this.size = declared ?? 0;
    this.#grows = declared === null;
  }

  take(bytes: number): void {
    this.#received += bytes;
    if (!this.#grows) return;
    this.memory.grow(bytes);
    this.size += bytes;
  }

  complete(): void {
    this.#complete = true;
  }

  leave(): void {
    this.memory.leave(this);
  }

  /** @param share the fraction of the body that must arrive between two checks. */
  isSlow(share: number): boolean {
    const before = this.#seen;
    this.#seen = this.#received;
    return !this.#complete && before !== null && this.#received - before < this.size * share;
  }

  forgetPace(): void {
    this.#seen = null;
  }

  lose(): void {
    this.leave();
    this.cut(overloadError());
  }
}

const made = new WeakSet<Error>();

/**
 * Creates the error for a body that does not fit into the memory limit. It is a standard exception, so a function can
 * recognize it by its name and answer 503 in its own format.
 */
export function overloadError(): Error {
  return marked(new DOMException("The server has no memory for another request body", "QuotaExceededError"));
}

/** Creates the error for a body that has arrived, but waited too long for its turn of the event loop. See `overloadError`. */
export function lateError(): Error {
  return marked(new DOMException("The server is too busy to read the request body", "TimeoutError"));
}

function marked(error: Error): Error {
  made.add(error);
  return error;
}

/** True for an error from `overloadError` or `lateError`. */
export function isOverloadError(error: unknown): boolean {
  return error instanceof Error && made.has(error);
}
