/** The keys of one index that were written last, with the commits that wrote them. */
import type { KeyRange } from "./types";

/** Keys that are remembered, at least; at most twice as many. */
const MOST_REMEMBERED = 1024;

interface Written {
  readonly commit: number;
  /** One character a byte, so that texts compare as keys do. */
  readonly key: string;
}

export class KeyLog {
  /** The oldest first. */
  #written: Written[] = [];
  /** Whatever was written up to this commit may be forgotten. */
  #forgotten = 0;

  /** @param key as `textOfKey` gives it. */
  add(commit: number, key: string): void {
    this.#written.push({ commit, key });
    if (this.#written.length < 2 * MOST_REMEMBERED) return;
    const kept = this.#written.slice(MOST_REMEMBERED);
    this.#forgotten = this.#written[MOST_REMEMBERED - 1]?.commit ?? commit;
    this.#written = kept;
  }

  /** Whether anything in a range may have been written after a commit. It looks at all that was written since. */
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

/** A key as a text with a character for each byte: smaller than a buffer that is kept, and as fast to compare. */
export const textOfKey = (key: Buffer): string => key.toString("latin1");
