/** Deletes files; not while a backup is being made, which has still to copy those that its database names. */
import { rm } from "node:fs/promises";

/** How soon after a backup the bytes are freed. */
const RETRY_MS = 1_000;

export class Deletions {
  readonly #postponed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** @param areHeld true while nothing may be deleted. */
  constructor(private readonly areHeld: () => boolean) {}

  /** Deletes a file, if it is there, or resolves and deletes it later. What a process leaves its next start collects. */
  async delete(path: string): Promise<void> {
    if (!this.areHeld()) return rm(path, { force: true });
    this.#postponed.add(path);
    this.#timer ??= setInterval(() => void this.#retry(), RETRY_MS).unref();
  }

  /** Deletes nothing any more of what was postponed. */
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
      return; // It is tried again.
    }
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
