/** What a decoded part of a token may hold. */

/** Levels of nesting that Convex's JSON parser, `serde_json`, takes. */
const MAX_DEPTH = 127;

/**
 * True where Convex's JSON parser takes the value, too: no lone surrogate in a text or a name, and no more than
 * `MAX_DEPTH` levels. `JSON.parse` takes both, and the first would fail later, where a function uses the text.
 */
export function isParsedByConvex(value: unknown, depth = 0): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  if (depth === MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((element) => isParsedByConvex(element, depth + 1));
  return Object.entries(value).every(
    ([name, member]) => name.isWellFormed() && isParsedByConvex(member, depth + 1),
  );
}
