/**
 * Deletes the bytes of stored files that no document names: after each transaction that removed such a document or was rolled
 * back, and once at the start, for the bytes that a crash left behind. It runs in the background.
 */
import type { Store } from "../store/types";
import type { FileBytes } from "./filesBytes";
import { fileByUuid } from "./filesTable";

export interface CleanupOptions {
  readonly bytes: FileBytes;
  readonly store: Store;
  /** Logs failed deletions and bytes that a crash left behind. */
  readonly warn: (message: string) => void;
}

export class BytesCleanup {
  readonly #background = new Set<Promise<void>>();
  #closing = false;

  constructor(private readonly options: CleanupOptions) {}

  /** Tracks work until it is done, and logs its failure. */
  track(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => this.options.warn(`Stored files: ${String(error)}`))
      .finally(() => this.#background.delete(done));
    this.#background.add(done);
  }

  /**
   * Deletes bytes that no document names. Call it once the outcome of the transaction is known.
   *
   * @param held true if the caller holds the bytes; the hold is released.
   */
  async deleteIfUnnamed(uuid: string, held: boolean): Promise<void> {
    try {
      if (!this.#isNamed(uuid)) await this.options.bytes.remove(uuid);
    } catch (error) {
      this.options.warn(`The bytes of a deleted file stay until the next start: ${String(error)}`);
    } finally {
      if (held) await this.options.bytes.release(uuid);
    }
  }

  /** Starts to delete all bytes that no document names. */
  collect(): void {
    this.track(this.#collect());
  }

  /** Resolves when no work is in progress. */
  async idle(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  /** Stops the search for bytes without documents, and resolves when the other work is done. */
  close(): Promise<void> {
    this.#closing = true;
    return this.idle();
  }

  async #collect(): Promise<void> {
    let found = 0;
    for await (const uuid of this.options.bytes.uuids()) {
      if (this.#closing) break;
      // A file that this process is still storing is held, and its writer decides about it.
      if (this.options.bytes.isHeld(uuid)) continue;
      if (this.#isNamed(uuid)) continue;
      await this.options.bytes.remove(uuid);
      found++;
    }
    if (found > 0) this.options.warn(`deleted ${found} files that a crash left without a document`);
  }

  /** True if the last committed state has a document for the bytes. */
  #isNamed(uuid: string): boolean {
    const snapshot = this.options.store.snapshot();
    try {
      return fileByUuid(snapshot, this.options.store.catalog, uuid) !== null;
    } finally {
      snapshot.release();
    }
  }
}
