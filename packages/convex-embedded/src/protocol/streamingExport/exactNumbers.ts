/**
 * Timestamps in requests and responses.
 *
 * They are int64 numbers in JSON, nanoseconds since 1970, which JavaScript's numbers cannot represent.
 */
import { rewriteNumbers } from "../../exchange/values";

/** An integer with so many digits that a number may lose some. */
const LONG_INTEGER = /^-?\d{16,}$/;

/** Puts the long integers of a JSON text in quotes, so that parsing keeps their digits. */
export function withQuotedIntegers(json: string): string {
  return rewriteNumbers(json, (number) => (LONG_INTEGER.test(number) ? `"${number}"` : number));
}

/** Parses a timestamp: a JSON number, or its digits. @returns `null` for anything else. */
export function timestampIn(given: unknown): bigint | null {
  if (typeof given === "number" && Number.isSafeInteger(given) && given >= 0) return BigInt(given);
  return typeof given === "string" && /^\d{1,19}$/.test(given) ? BigInt(given) : null;
}
