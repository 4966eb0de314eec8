/**
 * What is done about stored files when nobody waits for it any more: bytes that no document names are deleted, after the
 * transaction that decided so, and once at the start those that a crash left.
 */
import type { LogLine } from "../exec/logLine";
import type { Store } from "../store/types";
import type { FileBytes } from "./filesBytes";
import { fileByUuid } from "./filesTable";

export interface UpkeepOptions {
  readonly bytes: FileBytes;
  readonly store: Store;
  readonly log: (line: LogLine) => void;
}

export class FilesUpkeep {
  readonly #bytes: FileBytes;
  readonly #store: Store;
  readonly #log: (line: LogLine) => void;
  readonly #background = new Set<Promise<void>>();
  #closing = false;

  constructor({ bytes, store, log }: UpkeepOptions) {
    this.#bytes = bytes;
    this.#store = store;
    this.#log = log;
  }

  /** Counts work as under way until it is done. If it fails, that is logged. */
  later(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => this.#warn(`Stored files: ${String(error)}`))
      .finally(() => this.#background.delete(done));
    this.#background.add(done);
  }

  /**
   * The outcome is known: bytes that no document names are deleted, whoever was rolled back.
   *
   * @param held true if the caller holds the bytes; they are let go of.
   */
  async settle(uuid: string, held: boolean): Promise<void> {
    try {
      if (!this.#isNamed(uuid)) await this.#bytes.remove(uuid);
    } catch (error) {
      this.#warn(`The bytes of a deleted file are still there, until the next start: ${String(error)}`);
    } finally {
      if (held) await this.#bytes.release(uuid);
    }
  }

  /** Begins to look for bytes that no document names, and deletes them. */
  collect(): void {
    this.later(this.#collect());
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
    for await (const uuid of this.#bytes.uuids()) {
      if (this.#closing) break;
      // What this process has written it settles itself.
      if (this.#bytes.isHeld(uuid)) continue;
      if (this.#isNamed(uuid)) continue;
      await this.#bytes.remove(uuid);
      found++;
    }
    if (found > 0) this.#warn(`${found} files that a crash left without a document were deleted`);
  }

  /** Whether the last committed state has a document for the bytes. */
  #isNamed(uuid: string): boolean {
    const snapshot = this.#store.snapshot();
    try {
      return fileByUuid(snapshot, this.#store.catalog, uuid) !== null;
    } finally {
      snapshot.release();
    }
  }

  #warn(message: string): void {
    this.#log({ level: "warn", path: null, message });
  }
}
