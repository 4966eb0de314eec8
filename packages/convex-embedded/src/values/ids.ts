/**
 * Document ids in Convex's format: lower-case Crockford base32 of
 * `vint(table number) ‖ 16 internal bytes ‖ fletcher16 of the preceding bytes, little endian`.
 *
 * Source: the header of `crates/value/src/id_v6.rs` in get-convex/convex-backend. (There, the checksum is XORed with the
 * format's version, which is 0.)
 */
import { randomBytes } from "node:crypto";

/** The contents of an id. */
export interface DecodedId {
  readonly tableNumber: number;
  /** 16 bytes. Do not modify: the buffer is shared. */
  readonly internal: Buffer;
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const INTERNAL_BYTES = 16;
const CHECKSUM_BYTES = 2;
const MIN_LENGTH = 31;
const MAX_LENGTH = 37;
const MAX_TABLE_NUMBER = 0xffff_ffff;

/** The value of each ASCII code in the alphabet, 0xff for other codes. */
const DIGITS = new Uint8Array(128).fill(0xff);
for (let i = 0; i < ALPHABET.length; i++) DIGITS[ALPHABET.charCodeAt(i)] = i;

/**
 * Encodes the id of a document.
 *
 * @param tableNumber 1 to 2^32 - 1.
 * @param internal The document's 16 internal bytes.
 * @throws RangeError if an argument is out of range.
 */
export function encodeId(tableNumber: number, internal: Uint8Array): string {
  if (!Number.isInteger(tableNumber) || tableNumber < 1 || tableNumber > MAX_TABLE_NUMBER) {
    throw new RangeError(
      `A table number must be an integer from 1 to ${MAX_TABLE_NUMBER}, not ${tableNumber}`,
    );
  }
  if (internal.length !== INTERNAL_BYTES) {
    throw new RangeError(`An internal id must have ${INTERNAL_BYTES} bytes, not ${internal.length}`);
  }
  const bytes: number[] = [];
  let rest = tableNumber;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  for (const byte of internal) bytes.push(byte);
  const sum = fletcher16(bytes, bytes.length);
  bytes.push(sum & 0xff, sum >> 8);
  return base32(bytes);
}

/**
 * Decodes an id. Returns `null` for any string that `encodeId` does not produce: one with another length, alphabet, case or
 * checksum, or with unused bits that are not zero.
 */
export function decodeId(id: string): DecodedId | null {
  // The validator, the catalog and the store decode the same id in turn, so the last result is cached.
  if (id !== lastText) {
    lastDecoded = decode(id);
    lastText = id;
  }
  return lastDecoded;
}

let lastText = "";
let lastDecoded: DecodedId | null = null;

function decode(id: string): DecodedId | null {
  if (id.length < MIN_LENGTH || id.length > MAX_LENGTH) return null;
  const bytes = unbase32(id);
  if (bytes === null) return null;

  let tableNumber = 0;
  let at = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = bytes[at++];
    if (byte === undefined || at > 5) return null;
    tableNumber += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      // Refuse a final zero group: it would be a second encoding of the same number.
      if (byte === 0) return null;
      break;
    }
  }
  if (tableNumber > MAX_TABLE_NUMBER) return null;

  const end = at + INTERNAL_BYTES;
  if (bytes.length !== end + CHECKSUM_BYTES) return null;
  const sum = fletcher16(bytes, end);
  if (bytes[end] !== (sum & 0xff) || bytes[end + 1] !== sum >> 8) return null;
  return { tableNumber, internal: bytes.subarray(at, end) };
}

/** Returns 16 random bytes for a new document. */
export function newInternalId(): Buffer {
  if (poolAt === POOL_BYTES) {
    pool = randomBytes(POOL_BYTES);
    poolAt = 0;
  }
  return pool.subarray(poolAt, (poolAt += INTERNAL_BYTES));
}

// A call for 16 random bytes costs about as much as a call for 4,096, so ids come from a pool.
const POOL_BYTES = 4096;
let pool: Buffer = Buffer.alloc(0);
let poolAt = POOL_BYTES;

function fletcher16(bytes: ArrayLike<number>, length: number): number {
  let low = 0;
  let high = 0;
  for (let i = 0; i < length; i++) {
    low = (low + (bytes[i] ?? 0)) & 0xff;
    high = (high + low) & 0xff;
  }
  return (high << 8) | low;
}

function base32(bytes: readonly number[]): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >> (bits - 5)) & 31);
    held &= 0xff;
  }
  return bits > 0 ? text + ALPHABET.charAt((held << (5 - bits)) & 31) : text;
}

function unbase32(text: string): Buffer | null {
  const bytes = Buffer.allocUnsafe((text.length * 5) >> 3);
  let at = 0;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = DIGITS[text.charCodeAt(i)] ?? 0xff;
    if (digit === 0xff) return null;
    held = ((held & 0xff) << 5) | digit;
    bits += 5;
    if (bits >= 8) bytes[at++] = (held >> (bits -= 8)) & 0xff;
  }
  // Check the unused bits: five or more would be a superfluous character. Others must be zero, so that each id has one encoding.
  if (bits >= 5 || (held & ((1 << bits) - 1)) !== 0) return null;
  return bytes;
}
