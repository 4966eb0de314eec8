/** The best matches of a search. */

/** The number of matches that a search can return. */
export const MAX_MATCHES = 1024;

/** One document that a search found. */
export interface Match {
  /** The document's number. */
  readonly number: number;
  readonly score: number;
}

/** Keeps the best matches that it is offered: a heap whose root is the worst one. Of equal scores, the greater number is better. */
export class TopMatches {
  readonly #scores = new Float32Array(MAX_MATCHES);
  readonly #numbers = new Float64Array(MAX_MATCHES);
  #size = 0;

  offer(number: number, score: number): void {
    if (this.#size < MAX_MATCHES) {
      this.#up(this.#size++, number, score);
      return;
    }
    if (!this.#isBetter(number, score, 0)) return;
    this.#down(number, score);
  }

  /** Returns the matches, best first. */
  sorted(): Match[] {
    const matches = Array.from({ length: this.#size }, (_, i) => ({
      number: this.#numbers[i] as number,
      score: this.#scores[i] as number,
    }));
    return matches.sort((a, b) => b.score - a.score || b.number - a.number);
  }

  #isBetter(number: number, score: number, than: number): boolean {
    const other = this.#scores[than] as number;
    return score > other || (score === other && number > (this.#numbers[than] as number));
  }

  #set(at: number, number: number, score: number): void {
    this.#numbers[at] = number;
    this.#scores[at] = score;
  }

  /** Adds a match at a free position and moves it up. */
  #up(free: number, number: number, score: number): void {
    let at = free;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#isBetter(number, score, parent)) break;
      this.#set(at, this.#numbers[parent] as number, this.#scores[parent] as number);
      at = parent;
    }
    this.#set(at, number, score);
  }

  /** Replaces the worst match. */
  #down(number: number, score: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (
        right < this.#size &&
        this.#isBetter(this.#numbers[child] as number, this.#scores[child] as number, right)
      )
        child = right;
      if (!this.#isBetter(number, score, child)) break;
      this.#set(at, this.#numbers[child] as number, this.#scores[child] as number);
      at = child;
    }
    this.#set(at, number, score);
  }
}
