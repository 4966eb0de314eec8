/** Converts ranges of `by_id` to ranges of internal ids. Internal ids and ids sort in the same order. */
import { decodeId, encodeId } from "../values/ids";
import { encodeKey, keyAfter } from "../values/keys";

const INTERNAL_BITS = 128n;
const STRING_TAG_BYTES = 1;

/** Greater than every internal id. */
const AFTER_ALL = Buffer.alloc(17, 0xff);

/** Returns the key of a document in `by_id`. */
export function byIdKey(tableNumber: number, internalId: Uint8Array): Buffer {
  return encodeKey([encodeId(tableNumber, internalId)]);
}

/**
 * Converts a bound on keys to a bound on internal ids: `internal >= byIdBound(n, bound)` if and only if
 * `byIdKey(n, internal) >= bound`.
 */
export function byIdBound(tableNumber: number, bound: Buffer): Buffer {
  return boundAtId(tableNumber, bound) ?? boundBetween(tableNumber, bound);
}

/** Handles the common case: the bound begins with the key of an id. */
function boundAtId(tableNumber: number, bound: Buffer): Buffer | null {
  const length = encodeId(tableNumber, Buffer.alloc(16)).length;
  const decoded = decodeId(bound.toString("latin1", STRING_TAG_BYTES, STRING_TAG_BYTES + length));
  if (decoded?.tableNumber !== tableNumber) return null;
  const key = byIdKey(tableNumber, decoded.internal);
  if (!bound.subarray(0, key.length).equals(key)) return null;
  return bound.length === key.length ? decoded.internal : keyAfter(decoded.internal);
}

/** Handles any other bound: finds the smallest of the 2^128 internal ids at or after it. */
function boundBetween(tableNumber: number, bound: Buffer): Buffer {
  let low = 0n;
  let high = 1n << INTERNAL_BITS;
  while (low < high) {
    const middle = (low + high) >> 1n;
    if (byIdKey(tableNumber, internalOf(middle)).compare(bound) < 0) low = middle + 1n;
    else high = middle;
  }
  return low === 1n << INTERNAL_BITS ? AFTER_ALL : internalOf(low);
}

function internalOf(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(32, "0"), "hex");
}
