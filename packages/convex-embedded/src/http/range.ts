/** The `Range` header (RFC 9110, section 14). */

/** The bytes from `start` to `end`, inclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;

/**
 * Parses a `Range` header.
 *
 * @param header `undefined` if the request has none. @param size the size of the file in bytes.
 * @returns `whole` if the header is missing, malformed, in another unit, or has several ranges, which a server may ignore
 * (section 14.2). `unsatisfiable` if the range lies outside the file.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | "whole" | "unsatisfiable" {
  const match = /^bytes=(.*)$/i.exec(header ?? "");
  // An empty file has no ranges.
  if (!match || size === 0) return "whole";
  const specs = (match[1] ?? "")
    .split(",")
    .map((spec) => spec.trim())
    .filter((spec) => spec !== "");
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    const range = parseSpec(spec, size);
    if (range === "malformed") return "whole";
    ranges.push(range);
  }
  const [range] = ranges;
  if (range === undefined) return "whole";
  if (!ranges.some(({ start, end }) => start < size && start <= end)) return "unsatisfiable";
  return ranges.length === 1 ? range : "whole";
}

function parseSpec(spec: string, size: number): ByteRange | "malformed" {
  const match = SPEC.exec(spec);
  if (!match) return "malformed";
  const [, first, last, suffix] = match;
  // A suffix range: the last `suffix` bytes. A suffix of 0 is an empty range.
  if (suffix !== undefined) return { start: Math.max(0, size - Number(suffix)), end: size - 1 };
  const start = Number(first);
  const end = last === "" ? size - 1 : Number(last);
  if (last !== "" && end < start) return "malformed";
  return { start, end: Math.min(end, size - 1) };
}
