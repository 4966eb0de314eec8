/** Deletes old changes from the change log, so that its size is bounded. */
import type { Timers } from "../../jobs/timers";
import type { DiskStore } from "../../store/types";

const HOUR_MS = 60 * 60 * 1000;
/** How long changes are kept, as on Convex. */
const KEPT_MS = 14 * 24 * HOUR_MS;
/** The number of changes that one transaction deletes. */
const BATCH = 5_000;

interface RetentionOptions {
  readonly store: Pick<DiskStore, "purgeChanges">;
  readonly timers: Timers;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly warn: (message: string) => void;
}

export class ChangeRetention {
  #timer: unknown;
  #purging: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(private readonly options: RetentionOptions) {}

  /** Deletes old changes now and each hour. */
  start(): void {
    this.#purging = this.#purge().then(() => {
      if (!this.#stopped) this.#timer = this.options.timers.set(() => this.start(), HOUR_MS);
    });
  }

  /** Resolves when no deletion is running. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.options.timers.clear(this.#timer);
    await this.#purging;
  }

  async #purge(): Promise<void> {
    const { store, clock, warn } = this.options;
    const before = clock() - KEPT_MS;
    try {
      while (!this.#stopped && (await store.purgeChanges(before, BATCH)) === BATCH);
    } catch (error) {
      warn(`old changes could not be deleted from the change log: ${(error as Error).message}`);
    }
  }
}
