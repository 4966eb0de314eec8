/**
 * A parameter in a path or a query whose text is accepted unchanged, such as an opaque id. A route that takes nothing but plain
 * parameters does not load zod. A malformed id is 404, like an unknown one, because the function looks it up.
 */
export const id = (): Plain => PLAIN;

export type Plain = { readonly plain: true };
const PLAIN: Plain = { plain: true };

/**
 * Whether an array has at most `maximum` elements, or a text has at most `maximum` characters as JSON Schema counts them: code
 * points (RFC 8259, section 1). An emoji has two UTF-16 units and counts once.
 */
export function hasAtMost(value: string | unknown[], maximum: number): boolean {
  // A code point has at most two units, so the rest of a long text does not need to be read.
  return Array.from(value.slice(0, 2 * maximum + 2)).length <= maximum;
}
