/**
 * Finds the ranges that contain a key.
 *
 * All keys in a range begin with the prefix that its two bounds share. Ranges are stored by that prefix, so a search looks at the
 * prefixes of its key that occur, not at every range. The ranges of an index query with equalities share those equalities, so
 * few other ranges have the same prefix.
 */
import type { TextRange } from "../store/keyLog";

export class PrefixRanges<Owner> {
  readonly #byPrefix = new Map<string, Map<Owner, TextRange[]>>();
  /** The number of prefixes of each length. */
  readonly #lengths = new Map<number, number>();

  add({ start, end }: TextRange, owner: Owner): void {
    const prefix = commonPrefix(start, end);
    let owners = this.#byPrefix.get(prefix);
    if (owners === undefined) {
      this.#byPrefix.set(prefix, (owners = new Map<Owner, TextRange[]>()));
      this.#lengths.set(prefix.length, (this.#lengths.get(prefix.length) ?? 0) + 1);
    }
    const ranges = owners.get(owner);
    if (ranges === undefined) owners.set(owner, [{ start, end }]);
    else ranges.push({ start, end });
  }

  /** Removes all of the owner's ranges that have the same prefix as this one. */
  remove({ start, end }: TextRange, owner: Owner): void {
    const prefix = commonPrefix(start, end);
    const owners = this.#byPrefix.get(prefix);
    if (owners?.delete(owner) !== true || owners.size > 0) return;
    this.#byPrefix.delete(prefix);
    const left = (this.#lengths.get(prefix.length) ?? 1) - 1;
    if (left === 0) this.#lengths.delete(prefix.length);
    else this.#lengths.set(prefix.length, left);
  }

  get isEmpty(): boolean {
    return this.#byPrefix.size === 0;
  }

  /** Yields the owners of the ranges that contain the key. */
  *ownersAt(key: string): Generator<Owner> {
    for (const length of this.#lengths.keys()) {
      if (length > key.length) continue;
      for (const [owner, ranges] of this.#byPrefix.get(key.slice(0, length)) ?? []) {
        if (ranges.some(({ start, end }) => start <= key && key < end)) yield owner;
      }
    }
  }
}

function commonPrefix(a: string, b: string): string {
  const length = Math.min(a.length, b.length);
  let i = 0;
  while (i < length && a[i] === b[i]) i++;
  return a.slice(0, i);
}
