/** Rows sorted by key. States of a database with the same rows share one object. */
export class SortedRows<T> {
  #frozen = false;

  private constructor(
    private readonly keys: Buffer[],
    private readonly values: T[],
  ) {}

  static empty<T>(): SortedRows<T> {
    return new SortedRows<T>([], []);
  }

  /** Makes the rows immutable. From now on `writable` returns a copy. */
  freeze(): void {
    this.#frozen = true;
  }

  /** Returns this object, or a copy if it is frozen. */
  writable(): SortedRows<T> {
    return this.#frozen ? new SortedRows([...this.keys], [...this.values]) : this;
  }

  get(key: Uint8Array): T | undefined {
    const at = this.#lowerBound(key);
    return this.keys[at]?.equals(key) === true ? this.values[at] : undefined;
  }

  /** Sets the value of a key. Adds the key if it is missing. */
  set(key: Buffer, value: T): void {
    const at = this.#lowerBound(key);
    if (this.keys[at]?.equals(key) === true) {
      this.values[at] = value;
    } else {
      this.keys.splice(at, 0, key);
      this.values.splice(at, 0, value);
    }
  }

  delete(key: Buffer): void {
    const at = this.#lowerBound(key);
    if (this.keys[at]?.equals(key) !== true) return;
    this.keys.splice(at, 1);
    this.values.splice(at, 1);
  }

  /** Returns the first row at or after a key. */
  from(key: Buffer): { key: Buffer; value: T } | null {
    return this.#row(this.#lowerBound(key));
  }

  /** Returns the last row before a key. */
  before(key: Buffer): { key: Buffer; value: T } | null {
    return this.#row(this.#lowerBound(key) - 1);
  }

  /** Visits all rows in order. Do not change them meanwhile. */
  *all(): Generator<{ key: Buffer; value: T }> {
    for (const [at, key] of this.keys.entries()) yield { key, value: this.values[at] as T };
  }

  #row(at: number): { key: Buffer; value: T } | null {
    const key = this.keys[at];
    return key === undefined ? null : { key, value: this.values[at] as T };
  }

  /** Returns the number of keys before this one. */
  #lowerBound(key: Uint8Array): number {
    let low = 0;
    let high = this.keys.length;
    // Fast path: most rows are added at the end.
    if (high > 0 && (this.keys[high - 1] as Buffer).compare(key) < 0) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.keys[middle] as Buffer).compare(key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
