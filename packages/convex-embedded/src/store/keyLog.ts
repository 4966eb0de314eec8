/** The most recently written keys of one index, with the commits that wrote them. */
import type { KeyRange } from "./types";

/** The number of keys that are kept: at least this many, at most twice as many, if they are short. */
const MIN_REMEMBERED = 1024;
const MAX_CHARACTERS = 1024 * 1024;

interface Written {
  readonly commit: number;
  /** One character per byte, so that texts compare like keys. */
  readonly key: string;
}

export class KeyLog {
  /** Oldest first. */
  #written: Written[] = [];
  #characters = 0;
  /** Writes up to this commit may have been dropped. */
  #forgotten = 0;

  /** @param key The result of `textOfKey`. */
  add(commit: number, key: string): void {
    this.#written.push({ commit, key });
    this.#characters += key.length;
    if (this.#written.length < 2 * MIN_REMEMBERED && this.#characters < MAX_CHARACTERS) return;
    const half = Math.ceil(this.#written.length / 2);
    this.#forgotten = this.#written[half - 1]?.commit ?? commit;
    this.#written = this.#written.slice(half);
    this.#characters = this.#written.reduce((sum, written) => sum + written.key.length, 0);
  }

  /** True if a key in the range may have been written after the commit. Takes time linear in the writes since then. */
  changed({ start, end }: TextRange, since: number): boolean {
    if (this.#forgotten > since) return true;
    for (let i = this.#written.length - 1; i >= 0; i--) {
      const written = this.#written[i];
      if (written === undefined || written.commit <= since) return false;
      if (start <= written.key && written.key < end) return true;
    }
    return false;
  }
}

/** A `KeyRange` as texts: `start <= key < end`. */
export type TextRange = { readonly [bound in keyof KeyRange]: string };

/** Converts a key to text, one character per byte. Text needs less memory than a buffer and compares as fast. */
export const textOfKey = (key: Buffer): string => key.toString("latin1");
