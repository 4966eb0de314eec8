/**
 * Convex's limits on every value that is stored, passed or returned: the length of lists, the number of fields, and the nesting.
 *
 * Source: `array.rs`, `object.rs` and `size.rs` of `crates/value/src` in get-convex/convex-backend.
 */
import { CommitTsPlaceholder } from "convex/values";
import type { Value } from "convex/values";

export const MAX_ELEMENTS = 8192;
export const MAX_FIELDS = 1024;
/** Maximum nesting of lists and objects. Documents have a lower limit. */
export const MAX_LEVELS = 64;

/**
 * Checks the shape of a value. Returns Convex's message, or `null` if the shape is valid.
 *
 * @param around The number of enclosing levels that count as well.
 */
export function shapeProblem(value: Value | undefined, around = 0): string | null {
  if (typeof value !== "object" || value === null) return null;
  if (value instanceof ArrayBuffer || value instanceof CommitTsPlaceholder) return null;
  const level = around + 1;
  // Convex builds values from their leaves up, so it reports the first level beyond the limit.
  if (level > MAX_LEVELS) {
    return `Value is too nested (nested ${level} levels deep > maximum nesting ${MAX_LEVELS})`;
  }
  const isList = Array.isArray(value);
  const inner = isList ? value : Object.values(value).filter((field) => field !== undefined);
  for (const item of inner) {
    const problem = shapeProblem(item, level);
    if (problem !== null) return problem;
  }
  return isList ? listLengthProblem(inner.length) : fieldCountProblem(inner.length);
}

/** Returns Convex's message if a list has too many elements, else `null`. */
export function listLengthProblem(elements: number): string | null {
  if (elements <= MAX_ELEMENTS) return null;
  return `Array length is too long (${elements} > maximum length ${MAX_ELEMENTS})`;
}

/** Returns Convex's message if an object has too many fields, else `null`. */
export function fieldCountProblem(fields: number): string | null {
  if (fields <= MAX_FIELDS) return null;
  return `Object has too many fields (${fields} > maximum number ${MAX_FIELDS})`;
}
