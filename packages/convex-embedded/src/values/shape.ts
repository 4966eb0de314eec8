/**
 * What Convex asks of every value, whether it is stored, passed or returned: how long its lists are, how many fields its
 * objects have and how deep it is nested.
 *
 * Source: `array.rs`, `object.rs` and `size.rs` of `crates/value/src` in get-convex/convex-backend.
 */
import { CommitTsPlaceholder } from "convex/values";
import type { Value } from "convex/values";

export const MOST_ELEMENTS = 8192;
export const MOST_FIELDS = 1024;
/** Lists and objects within each other; a document may have fewer. */
export const MOST_LEVELS = 64;

/**
 * What is wrong with the shape of a value, in Convex's words, or `null`.
 *
 * @param around how many lists the value lies in that count, too.
 */
export function shapeProblem(value: Value | undefined, around = 0): string | null {
  if (typeof value !== "object" || value === null) return null;
  if (value instanceof ArrayBuffer || value instanceof CommitTsPlaceholder) return null;
  const level = around + 1;
  // Convex builds values from their leaves up, so it never sees a deeper one.
  if (level > MOST_LEVELS) {
    return `Value is too nested (nested ${level} levels deep > maximum nesting ${MOST_LEVELS})`;
  }
  const isList = Array.isArray(value);
  const inner = isList ? value : Object.values(value).filter((field) => field !== undefined);
  for (const item of inner) {
    const problem = shapeProblem(item, level);
    if (problem !== null) return problem;
  }
  return isList ? tooLong(inner.length) : tooMany(inner.length);
}

/** Why no list has that many elements, `null` if it may. */
export function tooLong(elements: number): string | null {
  if (elements <= MOST_ELEMENTS) return null;
  return `Array length is too long (${elements} > maximum length ${MOST_ELEMENTS})`;
}

/** Why no object has that many fields, `null` if it may. */
export function tooMany(fields: number): string | null {
  if (fields <= MOST_FIELDS) return null;
  return `Object has too many fields (${fields} > maximum number ${MOST_FIELDS})`;
}
