/**
 * Timestamps in requests and responses.
 *
 * They are int64 numbers in JSON, nanoseconds since 1970, which JavaScript's numbers cannot represent.
 */

/** A string, or an integer with so many digits that a number may lose some. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g;

/** Puts the long integers of a JSON text in quotes, so that parsing keeps their digits. */
export function withQuotedIntegers(json: string): string {
  return json.replace(TOKENS, (token) => (token.startsWith('"') ? token : `"${token}"`));
}

/** Parses a timestamp: a JSON number, or its digits. @returns `null` for anything else. */
export function timestampIn(given: unknown): bigint | null {
  if (typeof given === "number" && Number.isSafeInteger(given) && given >= 0) return BigInt(given);
  return typeof given === "string" && /^\d{1,19}$/.test(given) ? BigInt(given) : null;
}
