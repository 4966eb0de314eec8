/**
 * The lengths of documents, in tokens, as scores see them: one byte each, as in Lucene and tantivy. Lengths up to 40 are exact.
 * Greater lengths are rounded down to a number with four significant bits: 42, 44, …, 56, 60, ….
 */

const EXACT = 24;
const SIGNIFICANT = 8;

/** The length of each of the 256 codes, ascending. */
export const LENGTHS: readonly number[] = Array.from({ length: 256 }, (_, code) => lengthOf(code));

function lengthOf(code: number): number {
  const rest = code - EXACT;
  if (rest < SIGNIFICANT) return code;
  const shift = Math.floor(rest / SIGNIFICANT) - 1;
  return EXACT + (SIGNIFICANT + (rest % SIGNIFICANT)) * 2 ** shift;
}

/** Returns the code of the greatest length that is not above `length`. */
export function lengthCode(length: number): number {
  if (length <= EXACT + 2 * SIGNIFICANT) return length;
  let low = 0;
  let high = LENGTHS.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((LENGTHS[middle] ?? 0) <= length) low = middle;
    else high = middle - 1;
  }
  return low;
}
