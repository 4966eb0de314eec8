/**
 * The vectors of one index in memory, searched exactly by cosine.
 *
 * Source: `crates/vector/src/qdrant_index.rs` of get-convex/convex-backend. Convex searches large indexes approximately; this
 * search compares all vectors.
 */

/** The number of vectors in a block of memory. */
const BLOCK = 256;

export interface VectorMatch {
  readonly id: string;
  /** The cosine of the two vectors, -1 to 1. */
  readonly score: number;
}

interface Entry {
  readonly id: string;
  /** The terms of the filter fields, in the order of the fields. */
  readonly filters: readonly string[];
}

/** Conditions on filter fields: the accepted terms by the field's position. A document must meet one of them. */
export type VectorFilter = ReadonlyMap<number, ReadonlySet<string>>;

export class Vectors {
  readonly #blocks: Float32Array[] = [];
  readonly #entries: Entry[] = [];
  readonly #positions = new Map<string, number>();

  constructor(readonly dimensions: number) {}

  get size(): number {
    return this.#entries.length;
  }

  /** Adds or replaces a document's vector, which must have the index's dimensions. */
  set(id: string, vector: ArrayLike<number>, filters: readonly string[]): void {
    const at = this.#positions.get(id) ?? this.#entries.length;
    this.#positions.set(id, at);
    this.#entries[at] = { id, filters };
    const memory = this.#at(at);
    // A loop: `set` and `Float32Array.from` take several times as long with an array of numbers.
    for (let i = 0; i < memory.length; i++) memory[i] = vector[i] as number;
    normalize(memory);
  }

  /** Removes a document's vector, if there is one. */
  remove(id: string): void {
    const at = this.#positions.get(id);
    const last = this.#entries.pop();
    if (last === undefined) return;
    if (at === undefined) {
      this.#entries.push(last);
      return;
    }
    this.#positions.delete(id);
    // The last vector takes the free place.
    if (last.id !== id) {
      this.#at(at).set(this.#at(this.#entries.length));
      this.#entries[at] = last;
      this.#positions.set(last.id, at);
    }
    this.#blocks.length = Math.ceil(this.#entries.length / BLOCK);
  }

  /** Returns the nearest vectors, best first. Of equal scores, the greater id is first. */
  search(vector: ArrayLike<number>, limit: number, filter: VectorFilter): VectorMatch[] {
    const query = normalized(vector);
    const best: VectorMatch[] = [];
    if (limit === 0) return best;
    for (const [at, { id, filters }] of this.#entries.entries()) {
      if (!accepts(filter, filters)) continue;
      const block = this.#blocks[Math.floor(at / BLOCK)] as Float32Array;
      const score = dot(block, (at % BLOCK) * this.dimensions, query);
      const worst = best.length === limit ? best[limit - 1] : undefined;
      if (worst !== undefined && !isBetter(score, id, worst)) continue;
      if (worst !== undefined) best.pop();
      best.splice(placeOf(best, score, id), 0, { id, score });
    }
    return best;
  }

  /** Returns the memory of a vector. */
  #at(position: number): Float32Array {
    const number = Math.floor(position / BLOCK);
    const block = (this.#blocks[number] ??= new Float32Array(BLOCK * this.dimensions));
    const start = (position % BLOCK) * this.dimensions;
    return block.subarray(start, start + this.dimensions);
  }
}

/** Without conditions, all documents are accepted. */
function accepts(filter: VectorFilter, terms: readonly string[]): boolean {
  if (filter.size === 0) return true;
  for (const [field, accepted] of filter) if (accepted.has(terms[field] ?? "")) return true;
  return false;
}

function isBetter(score: number, id: string, than: VectorMatch): boolean {
  return score > than.score || (score === than.score && id > than.id);
}

/** Returns the position of a new match in a list that is sorted, best first. */
function placeOf(sorted: readonly VectorMatch[], score: number, id: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBetter(score, id, sorted[middle] as VectorMatch)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function normalized(vector: ArrayLike<number>): Float32Array {
  const copy = Float32Array.from(vector);
  normalize(copy);
  return copy;
}

/** Scales a vector to length 1, with Convex's precision. A zero vector stays zero: its scores are 0. */
function normalize(vector: Float32Array): void {
  const length = Math.sqrt(dot(vector, 0, vector));
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) / length;
}

/** Four sums let the processor multiply in parallel. */
function dot(block: Float32Array, start: number, query: Float32Array): number {
  const { length } = query;
  const even = length - (length % 4);
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  for (let i = 0, at = start; i < even; i += 4, at += 4) {
    a += (block[at] as number) * (query[i] as number);
    b += (block[at + 1] as number) * (query[i + 1] as number);
    c += (block[at + 2] as number) * (query[i + 2] as number);
    d += (block[at + 3] as number) * (query[i + 3] as number);
  }
  for (let i = even; i < length; i++) a += (block[start + i] as number) * (query[i] as number);
  return Math.fround(a + b + (c + d));
}
