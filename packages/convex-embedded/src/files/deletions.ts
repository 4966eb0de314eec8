/** Deletes files, but not during a backup, which still has to copy the files that its snapshot names. */
import { rm } from "node:fs/promises";

/** Milliseconds between attempts to delete files after a backup. */
const RETRY_MS = 1_000;

export class Deletions {
  readonly #postponed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param areHeld returns true while no file may be deleted. */
  constructor(private readonly areHeld: () => boolean) {}

  /** Deletes a file if it exists, or resolves and deletes it later. Files left at the end of the process are deleted at the next start. */
  async delete(path: string): Promise<void> {
    if (!this.areHeld()) return rm(path, { force: true });
    this.#postponed.add(path);
    this.#timer ??= setInterval(() => void this.#retry(), RETRY_MS).unref();
  }

  /** Cancels the postponed deletions. */
  close(): void {
    clearInterval(this.#timer);
    this.#postponed.clear();
  }

  async #retry(): Promise<void> {
    try {
      for (const path of this.#postponed) {
        if (this.areHeld()) return;
        await rm(path, { force: true });
        this.#postponed.delete(path);
      }
    } catch {
      return; // The timer retries it.
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
