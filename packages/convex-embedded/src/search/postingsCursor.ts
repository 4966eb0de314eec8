/** Reads postings from the newest to the oldest. */
import type { Postings } from "./postings";
import { frequencyAt, numberAt, NUMBER_BYTES, offsetOf, TOKEN_RECORD_BYTES } from "./postings";
import { termScore } from "./bm25";

/** The position before all postings. */
const NONE = -1;

/** A range of document numbers: `start` and the `size` numbers from there. */
export interface Window {
  readonly start: number;
  /** For each number of the window, how many of the filters the document has. */
  readonly filters: Uint8Array;
  /** For each number of the window, 1 if the document contains a token of the search. */
  readonly found: Uint8Array;
  readonly scores: Float32Array;
}

abstract class PostingsCursor {
  protected block: Uint8Array = new Uint8Array(0);
  /** The offset of the current posting in the block. Negative if there is none. */
  protected at = NONE;

  constructor(
    private readonly postings: Postings,
    protected readonly size: number,
  ) {
    this.load(Infinity);
  }

  /** The number of the current posting. Negative after the last one. */
  get number(): number {
    return this.at < 0 ? NONE : numberAt(this.block, this.at);
  }

  /** Moves to the newest posting whose number is at most `most`, unless the cursor is there or further already. */
  seek(most: number): void {
    if (this.number <= most) return;
    if (numberAt(this.block, 0) > most) this.load(most);
    else this.at = offsetOf(this.block, this.size, most + 1) - this.size;
  }

  /** Loads the block that begins at or before `most`. */
  protected load(most: number): void {
    const block = this.postings.blockAt(most);
    this.at = NONE;
    if (block === null) return;
    this.block = block;
    this.at = offsetOf(block, this.size, most + 1) - this.size;
  }

  /** Calls `visit` with all postings in the window, newest first, and moves to the first one before it. */
  protected consume(start: number, visit: (from: number, to: number) => void): void {
    while (this.at >= 0 && numberAt(this.block, this.at) >= start) {
      const first = offsetOf(this.block, this.size, start);
      visit(first, this.at);
      if (first > 0) this.at = first - this.size;
      else this.load(numberAt(this.block, 0) - 1);
    }
  }
}

/** The postings of a filter value. */
export class FilterCursor extends PostingsCursor {
  constructor(postings: Postings) {
    super(postings, NUMBER_BYTES);
  }

  /** Counts the filter for each document of the window that has it and all previous filters. @param previous Their number. */
  mark({ start, filters }: Window, previous: number): void {
    this.consume(start, (from, to) => {
      const { block } = this;
      for (let at = from; at <= to; at += NUMBER_BYTES) {
        const i = numberAt(block, at) - start;
        if (filters[i] === previous) filters[i] = previous + 1;
      }
    });
  }
}

/** The postings of a token. */
export class TokenCursor extends PostingsCursor {
  /** @param norms The norm of each length code. */
  constructor(
    postings: Postings,
    private readonly weight: number,
    private readonly norms: Float32Array,
  ) {
    super(postings, TOKEN_RECORD_BYTES);
  }

  /** Adds the token's scores to the documents of the window. */
  score({ start, found, scores }: Window): void {
    const { weight, norms } = this;
    this.consume(start, (from, to) => {
      const { block } = this;
      for (let at = from; at <= to; at += TOKEN_RECORD_BYTES) {
        const i = numberAt(block, at) - start;
        const norm = norms[block[at + TOKEN_RECORD_BYTES - 1] as number] as number;
        found[i] = 1;
        scores[i] = (scores[i] as number) + termScore(weight, frequencyAt(block, at), norm);
      }
    });
  }
}
