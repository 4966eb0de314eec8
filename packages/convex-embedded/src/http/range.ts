/** The `Range` header (RFC 9110, section 14). */

/** The bytes from `start` to `end`, both included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;

/**
 * What a `Range` header asks of a file.
 *
 * @param header `undefined` without one. @param size of the file in bytes.
 * @returns `whole` where the header does not count: none, another unit, or one that is malformed. `unsatisfiable` for
 * what lies outside the file and, as on Convex, for more than one range.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | "whole" | "unsatisfiable" {
  const match = /^bytes=(.*)$/i.exec(header ?? "");
  // Of an empty file there is only the whole.
  if (!match || size === 0) return "whole";
  const specs = (match[1] ?? "")
    .split(",")
    .map((spec) => spec.trim())
    .filter((spec) => spec !== "");
  const ranges = specs.map((spec) => parseSpec(spec, size));
  if (ranges.length === 0 || ranges.includes("malformed")) return "whole";
  const [range] = ranges;
  if (ranges.length > 1 || range === undefined || range === "malformed") return "unsatisfiable";
  return range.start < size && range.start <= range.end ? range : "unsatisfiable";
}

function parseSpec(spec: string, size: number): ByteRange | "malformed" {
  const match = SPEC.exec(spec);
  if (!match) return "malformed";
  const [, first, last, suffix] = match;
  // The last so many bytes; of none of them, a range that is empty.
  if (suffix !== undefined) return { start: Math.max(0, size - Number(suffix)), end: size - 1 };
  const start = Number(first);
  const end = last === "" ? size - 1 : Number(last);
  if (last !== "" && end < start) return "malformed";
  return { start, end: Math.min(end, size - 1) };
}
