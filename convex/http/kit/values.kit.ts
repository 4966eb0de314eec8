/** Values that need no schema. Every file may import them, because they do not load zod. */
export { toTime } from "./product.kit";

/**
 * A parameter in a path or a query whose text is accepted unchanged, such as an opaque id. A route that takes nothing but plain
 * parameters does not load zod. A malformed id is 404, like an unknown one, because the function looks it up.
 */
export const id = (): Plain => PLAIN;

export type Plain = { readonly plain: true };
const PLAIN: Plain = { plain: true };
