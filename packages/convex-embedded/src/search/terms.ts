/**
 * The terms of a search index, as bytes that sort as Convex's terms do.
 *
 * | term         | bytes                                                                             |
 * | ------------ | --------------------------------------------------------------------------------- |
 * | a token      | 00, UTF-8                                                                         |
 * | filter value | 01 for the first filter field, 02 for the second, …; the value's key, or its hash |
 */
import { createHash } from "node:crypto";
import type { Value } from "convex/values";
import { encodeKey } from "../values/keys";

const TOKEN_TAG = 0;
/** The key of a value with at least this many bytes is replaced by its SHA-256. */
const HASHED_BYTES = 32;

/** The definition of a search index. */
export interface SearchFields {
  /** The dotted path of the indexed text. */
  readonly searchField: string;
  /** Dotted paths, sorted. */
  readonly filterFields: readonly string[];
}

/** Returns the term of a token. It is also the common prefix of the terms of all tokens that begin with the token. */
export function tokenTerm(token: string): Buffer {
  const length = Buffer.byteLength(token);
  const term = Buffer.allocUnsafe(length + 1);
  term[0] = TOKEN_TAG;
  term.write(token, 1);
  return term;
}

/** Returns the term of a value. @param field The position of its field in `filterFields`. */
export function filterTerm(field: number, value: Value | undefined): Buffer {
  const key = encodeKey([value]);
  const bytes = key.length < HASHED_BYTES ? key : createHash("sha256").update(key).digest();
  return Buffer.concat([Uint8Array.of(TOKEN_TAG + 1 + field), bytes]);
}

/** True for the term of a token, whose postings hold frequencies. */
export function isTokenTerm(term: Uint8Array): boolean {
  return term[0] === TOKEN_TAG;
}
