/**
 * Postings: the documents that contain a term, sorted by number. A block is a run of postings as bytes.
 *
 * A document's number is unique in its table, and a greater number means a later creation time. Each posting is a record of fixed
 * size, so a block can be searched and changed without decoding it:
 *
 * | bytes | what                                                           |
 * | ----- | -------------------------------------------------------------- |
 * | 5     | the document's number, big endian                              |
 * | 3     | how often the document contains the token, big endian          |
 * | 1     | the code of the document's length (`lengths.ts`)               |
 *
 * The postings of filter values consist of the number only.
 */
import { isTokenTerm } from "./terms";

export const NUMBER_BYTES = 5;
const FREQUENCY_BYTES = 3;
export const TOKEN_RECORD_BYTES = NUMBER_BYTES + FREQUENCY_BYTES + 1;

/** The postings of one term, for one search. */
export interface Postings {
  /** The number of documents. */
  readonly documents: number;
  /** Returns the last block that begins at or before a number, `null` if there is none. */
  blockAt(number: number): Uint8Array | null;
}

/** Returns the bytes of one posting of a term. */
export function recordBytes(term: Uint8Array): number {
  return isTokenTerm(term) ? TOKEN_RECORD_BYTES : NUMBER_BYTES;
}

/** Returns the posting of a token. @param length The code of the document's length. */
export function tokenRecord(number: number, frequency: number, length: number): Buffer {
  const record = Buffer.allocUnsafe(TOKEN_RECORD_BYTES);
  record.writeUIntBE(number, 0, NUMBER_BYTES);
  record.writeUIntBE(frequency, NUMBER_BYTES, FREQUENCY_BYTES);
  record[TOKEN_RECORD_BYTES - 1] = length;
  return record;
}

/** Returns the posting of a filter value. */
export function filterRecord(number: number): Buffer {
  const record = Buffer.allocUnsafe(NUMBER_BYTES);
  record.writeUIntBE(number, 0, NUMBER_BYTES);
  return record;
}

/** Returns the number of the posting at an offset of a block. */
export function numberAt(block: Uint8Array, offset: number): number {
  const low =
    ((block[offset + 1] as number) << 24) |
    ((block[offset + 2] as number) << 16) |
    ((block[offset + 3] as number) << 8) |
    (block[offset + 4] as number);
  return (block[offset] as number) * 0x1_0000_0000 + (low >>> 0);
}

/** Returns the frequency of the posting at an offset of a block of a token. */
export function frequencyAt(block: Uint8Array, offset: number): number {
  const at = offset + NUMBER_BYTES;
  return ((block[at] as number) << 16) | ((block[at + 1] as number) << 8) | (block[at + 2] as number);
}

/** Returns the offset of the first posting whose number is at least `number`. It is the block's length if there is none. */
export function offsetOf(block: Uint8Array, size: number, number: number): number {
  let low = 0;
  let high = block.length / size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numberAt(block, middle * size) < number) low = middle + 1;
    else high = middle;
  }
  return low * size;
}
