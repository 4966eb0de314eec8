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
  /** Logs that bytes could not be deleted, or were left by a crash. */
  readonly warn: (message: string) => void;
}

export class BytesCleanup {
  readonly #background = new Set<Promise<void>>();
  #closing = false;

  constructor(private readonly options: CleanupOptions) {}

  /** Counts work as under way until it is done. If it fails, that is logged. */
  track(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => this.options.warn(`Stored files: ${String(error)}`))
      .finally(() => this.#background.delete(done));
    this.#background.add(done);
  }

  /**
   * The outcome is known: bytes that no document names are deleted, whoever was rolled back.
   *
   * @param held true if the caller holds the bytes; they are let go of.
   */
  async deleteIfUnnamed(uuid: string, held: boolean): Promise<void> {
    try {
      if (!this.#isNamed(uuid)) await this.options.bytes.remove(uuid);
    } catch (error) {
      this.options.warn(
        `The bytes of a deleted file are still there, until the next start: ${String(error)}`,
      );
    } finally {
      if (held) await this.options.bytes.release(uuid);
    }
  }

  /** Begins to look for bytes that no document names, and deletes them. */
  collect(): void {
    this.track(this.#collect());
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#background.size > 0) await Promise.all(this.#background);
  }

  /** Looks for no more bytes without documents, and resolves when the rest is done. */
  close(): Promise<void> {
    this.#closing = true;
    return this.idle();
  }

  async #collect(): Promise<void> {
    let found = 0;
    for await (const uuid of this.options.bytes.uuids()) {
      if (this.#closing) break;
      // What this process has written it settles itself.
      if (this.options.bytes.isHeld(uuid)) continue;
      if (this.#isNamed(uuid)) continue;
      await this.options.bytes.remove(uuid);
      found++;
    }
    if (found > 0) this.options.warn(`${found} files that a crash left without a document were deleted`);
  }

  /** Whether the last committed state has a document for the bytes. */
  #isNamed(uuid: string): boolean {
    const snapshot = this.options.store.snapshot();
    try {
      return fileByUuid(snapshot, this.options.store.catalog, uuid) !== null;
    } finally {
      snapshot.release();
    }
  }
}
