/**
 * Index keys encode Convex values as bytes whose order, byte by byte, is Convex's order of the values.
 *
 * A key is the concatenation of the encodings of its values. Each encoding begins with a tag that orders the types. No encoding is
 * a prefix of another one, so the encoding of some values is a prefix of exactly those keys that start with these values.
 *
 * | value      | bytes                                                                      |
 * | ---------- | -------------------------------------------------------------------------- |
 * | undefined  | 01                                                                         |
 * | null       | 02                                                                         |
 * | bigint     | 03, 8 bytes big endian, sign bit flipped                                   |
 * | number     | 04, 8 bytes big endian, sign bit flipped if positive, else all bits; NaN:  |
 * |            | 04, 8 times ff                                                             |
 * | boolean    | 05 false, 06 true                                                          |
 * | string     | 07, UTF-8, 00 01                                                           |
 * | bytes      | 08, the bytes, 00 01                                                       |
 * | array      | 09, elements, 00                                                           |
 * | object     | 0a, name (as string) and value of each field, sorted by name, 00           |
 *
 * Within strings and bytes, 00 is encoded as 00 ff, which is greater than their end marker. Tags start at 01, so the end of an
 * array or object is less than any further element.
 *
 * The order is that of `compareValues` of `convex/values`, except that all NaNs are equal here, and greater than other numbers.
 */
import { CommitTsPlaceholder } from "convex/values";
import type { Value } from "convex/values";

/** Greater than every tag. `prefix ‖ AFTER_PREFIX` ends the range of keys that begin with `prefix`. */
export const AFTER_PREFIX = 0xff;

const END = 0x00;
const UNDEFINED = 0x01;
const NULL = 0x02;
const BIGINT = 0x03;
const NUMBER = 0x04;
const FALSE = 0x05;
const TRUE = 0x06;
const STRING = 0x07;
const BYTES = 0x08;
const ARRAY = 0x09;
const OBJECT = 0x0a;
const TEXT_END = 0x01;
const ZERO_ESCAPE = 0xff;

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

let scratch = Buffer.allocUnsafe(4096);
let at = 0;

/**
 * Encodes a tuple of values. The result is also the common prefix of the keys of all longer tuples that start with it.
 *
 * @param values The indexed values in order. `undefined` is a missing field.
 * @throws TypeError if a value is not a Convex value, a string has a lone surrogate, or a bigint exceeds 64 bits.
 */
export function encodeKey(values: readonly (Value | undefined)[]): Buffer {
  at = 0;
  for (const value of values) write(value);
  return Buffer.from(scratch.subarray(0, at));
}

/** Returns the smallest key after `key`, from which a scan resumes after it has read `key`. */
export function keyAfter(key: Uint8Array): Buffer {
  const after = Buffer.alloc(key.length + 1);
  after.set(key);
  return after;
}

/** Returns the end of the range of keys that begin with `prefix`. */
export function prefixEnd(prefix: Uint8Array): Buffer {
  const end = Buffer.allocUnsafe(prefix.length + 1);
  end.set(prefix);
  end[prefix.length] = AFTER_PREFIX;
  return end;
}

function write(value: Value | undefined): void {
  reserve(9);
  switch (typeof value) {
    case "undefined":
      scratch[at++] = UNDEFINED;
      return;
    case "bigint":
      writeBigint(value);
      return;
    case "number":
      writeNumber(value);
      return;
    case "boolean":
      scratch[at++] = value ? TRUE : FALSE;
      return;
    case "string":
      writeString(value);
      return;
    case "object":
      if (value === null) scratch[at++] = NULL;
      else if (Array.isArray(value)) writeArray(value);
      else if (value instanceof ArrayBuffer) writeBytes(value);
      else if (value instanceof CommitTsPlaceholder) writeBigint(MAX_INT64);
      else writeObject(value);
      return;
    default:
      throw new TypeError(`A ${typeof value} is not a Convex value`);
  }
}

function reserve(bytes: number): void {
  if (at + bytes <= scratch.length) return;
  const larger = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + bytes));
  scratch.copy(larger, 0, 0, at);
  scratch = larger;
}

function writeBigint(value: bigint): void {
  if (value < MIN_INT64 || value > MAX_INT64) {
    throw new TypeError(`BigInt ${value} does not fit into a 64-bit signed integer.`);
  }
  scratch[at] = BIGINT;
  scratch.writeBigUInt64BE(BigInt.asUintN(64, value) ^ (1n << 63n), at + 1);
  at += 9;
}

function writeNumber(value: number): void {
  scratch[at] = NUMBER;
  // JavaScript has one NaN, but its bits, including the sign, can change when the engine moves it. An index entry would never be
  // deleted if its key were encoded differently the second time, so all NaNs get the same bytes.
  if (Number.isNaN(value)) {
    scratch.fill(0xff, at + 1, at + 9);
    at += 9;
    return;
  }
  scratch.writeDoubleBE(value, at + 1);
  if ((scratch[at + 1] ?? 0) < 0x80) {
    scratch[at + 1] = (scratch[at + 1] ?? 0) | 0x80;
  } else {
    for (let i = at + 1; i < at + 9; i++) scratch[i] = ~(scratch[i] ?? 0);
  }
  at += 9;
}

function writeString(value: string): void {
  // UTF-8 needs at most three bytes per UTF-16 unit, plus one byte for the tag and two for the end.
  reserve(value.length * 3 + 3);
  scratch[at++] = STRING;
  const start = at;
  at += scratch.write(value, at, "utf8");
  const units = at - start;
  if (units !== value.length && !isWellFormed(value)) {
    throw new TypeError("A string with a lone surrogate is not a Convex value");
  }
  if (value.includes("\0")) {
    escapeZeros(Buffer.from(scratch.subarray(start, at)), start);
    return;
  }
  scratch[at++] = END;
  scratch[at++] = TEXT_END;
}

function writeBytes(value: ArrayBuffer): void {
  scratch[at++] = BYTES;
  escapeZeros(new Uint8Array(value), at);
}

/** Writes `bytes` at `start`, with each 00 escaped as 00 ff, then the end marker. */
function escapeZeros(bytes: Uint8Array, start: number): void {
  at = start;
  reserve(bytes.length * 2 + 2);
  for (const byte of bytes) {
    scratch[at++] = byte;
    if (byte === 0) scratch[at++] = ZERO_ESCAPE;
  }
  scratch[at++] = END;
  scratch[at++] = TEXT_END;
}

function writeArray(values: readonly Value[]): void {
  scratch[at++] = ARRAY;
  for (const value of values) write(value);
  reserve(1);
  scratch[at++] = END;
}

function writeObject(value: { [field: string]: Value | undefined }): void {
  scratch[at++] = OBJECT;
  for (const name of Object.keys(value).sort()) {
    const field = value[name];
    // Stored documents do not contain `undefined` fields: `convexToJson` drops them.
    if (field === undefined) continue;
    writeString(name);
    write(field);
  }
  reserve(1);
  scratch[at++] = END;
}

function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
