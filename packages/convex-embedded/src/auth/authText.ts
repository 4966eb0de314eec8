/** Checks the decoded parts of a token. */

/** The nesting levels that Convex's JSON parser, `serde_json`, accepts. */
const MAX_DEPTH = 127;

/**
 * True if Convex's JSON parser accepts the value: no lone surrogate in a string or a name, and at most `MAX_DEPTH` levels.
 * `JSON.parse` accepts both, and a lone surrogate would fail only later, where a function uses the string.
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
