/** BM25 as tantivy computes it, in 32-bit floating point: rounding decides the order of documents with nearly the same score. */
import { LENGTHS } from "./lengths";

const f32 = Math.fround;
const K1 = f32(1.2);
const B = f32(0.75);
const HALF = 0.5;

/** The counts of a search index. */
export interface IndexCounts {
  /** All documents of the table, with or without text. */
  readonly documents: number;
  /** The tokens of all documents. */
  readonly tokens: number;
}

/** Returns the weight of a term. @param documents The number of documents that contain it. @param boost 1, or less for a weaker match. */
export function termWeight(documents: number, counts: IndexCounts, boost: number): number {
  const without = f32(f32(counts.documents - documents) + HALF);
  const ratio = f32(without / f32(f32(documents) + HALF));
  const idf = f32(Math.log(f32(1 + ratio)));
  return f32(f32(idf * f32(1 + K1)) * boost);
}

/** Returns, for each length code, the part of the score's denominator that depends on the document's length. */
export function lengthNorms({ documents, tokens }: IndexCounts): Float32Array {
  const average = f32(f32(tokens) / f32(documents));
  return Float32Array.from(LENGTHS, (length) =>
    f32(K1 * f32(f32(1 - B) + f32(f32(B * f32(length)) / average))),
  );
}

/** Returns what a term adds to a document's score. @param norm The norm of the document's length. */
export function termScore(weight: number, frequency: number, norm: number): number {
  return f32(weight * f32(frequency / f32(frequency + norm)));
}
