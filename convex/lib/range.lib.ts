/** The bytes from `start` to `end`, both included. */
export type ByteRange = { start: number; end: number };

/**
 * Parses a `Range` header (RFC 9110, section 14.2) for a representation of `size` bytes.
 *
 * @returns Undefined if the server must send the whole representation: there is no header, or it has another unit, a malformed
 *   value, or several ranges, which a server may ignore. `"unsatisfiable"` if the range lies outside the representation.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const [, first, last, suffix] =
    /^bytes=(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))$/i.exec(header?.trim() ?? "") ?? [];
  if (suffix !== undefined) {
    return Number(suffix) === 0 || size === 0
      ? "unsatisfiable"
      : { start: Math.max(0, size - Number(suffix)), end: size - 1 };
  }
  if (first === undefined) return undefined;
  const start = Number(first);
  const end = last ? Number(last) : Infinity;
  if (end < start) return undefined;
  return start < size ? { start, end: Math.min(end, size - 1) } : "unsatisfiable";
}
