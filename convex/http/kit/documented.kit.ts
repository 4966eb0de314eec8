import { SCHEMA_HELPERS } from "./schemaHelpers.kit";

/**
 * Marks the parts of a contract that only the compiler, the OpenAPI document and the tests need.
 *
 * Requests do not need these parts, but on Convex every request would load them. So `package.json` maps `#documented` to
 * this file by default, and to `undocumented.kit.ts` under the condition `convex`, which Convex's bundler sets. That
 * function is empty, so the bundler drops each call together with its argument.
 *
 * @example
 * export const Item = documented(({ named }) => named("Item", z.object({ id: z.string() })));
 */
export function documented<const T>(value: (helpers: typeof SCHEMA_HELPERS) => T): () => T {
  return () => value(SCHEMA_HELPERS);
}
