/**
 * Finds the best matches of a search.
 *
 * It reads the postings of all terms from the newest document to the oldest, in windows of consecutive numbers, and adds up the
 * scores of a window in arrays. A window in which a filter or every token has no document is skipped, so the time depends on the
 * rarest filter, or without filters on the number of documents that contain a token.
 */
import { lengthNorms, termWeight } from "./bm25";
import { FilterCursor, TokenCursor } from "./postingsCursor";
import type { Window } from "./postingsCursor";
import type { IndexReader, SearchQuery } from "./query";
import { termsOf } from "./query";
import type { Match } from "./topMatches";
import { TopMatches } from "./topMatches";

const WINDOW = 4096;

/** Returns up to `MAX_MATCHES` matches, best first: by score, then by creation time, newest first. */
export function search(reader: IndexReader, query: SearchQuery): Match[] {
  const terms = termsOf(reader, query);
  if (terms === null) return [];
  const counts = reader.counts();
  const norms = lengthNorms(counts);
  const tokens = terms.alternatives.map(
    ({ postings, boost }) => new TokenCursor(postings, termWeight(postings.documents, counts, boost), norms),
  );
  const filters = terms.required.map((postings) => new FilterCursor(postings));
  const top = new TopMatches();
  const arrays = {
    filters: new Uint8Array(WINDOW),
    found: new Uint8Array(WINDOW),
    scores: new Float32Array(WINDOW),
  };
  for (
    let start = nextWindow(tokens, filters, Infinity);
    start >= 0;
    start = nextWindow(tokens, filters, start)
  ) {
    const window: Window = { start, ...arrays };
    for (const [previous, filter] of filters.entries()) filter.mark(window, previous);
    for (const token of tokens) token.score(window);
    for (let i = WINDOW - 1; i >= 0; i--) {
      if (window.found[i] === 1 && window.filters[i] === filters.length)
        top.offer(start + i, window.scores[i] as number);
    }
    for (const array of Object.values(arrays)) array.fill(0);
  }
  return top.sorted();
}

/**
 * Moves all cursors to the next window below `before` in which each filter and some token have a document.
 *
 * @returns the window's start, negative if there is none.
 */
function nextWindow(
  tokens: readonly TokenCursor[],
  filters: readonly FilterCursor[],
  before: number,
): number {
  for (let end = before; ;) {
    for (const cursor of [...tokens, ...filters]) cursor.seek(end - 1);
    const newest = Math.min(
      Math.max(...tokens.map(({ number }) => number)),
      ...filters.map(({ number }) => number),
    );
    if (newest < 0) return newest;
    const start = Math.floor(newest / WINDOW) * WINDOW;
    for (const cursor of [...tokens, ...filters]) cursor.seek(start + WINDOW - 1);
    if (tokens.some(({ number }) => number >= start) && filters.every(({ number }) => number >= start))
      return start;
    end = start;
  }
}
