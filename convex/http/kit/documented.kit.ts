import { SCHEMA_HELPERS } from "./schemaHelpers.kit";

/**
 * Marks what a contract says for readers alone: the compiler, the OpenAPI document and the tests.
 *
 * Requests do not need it, and on Convex each of them would load it. So `package.json` maps `#documented` to this file,
 * but to `undocumented.kit.ts` under the condition `convex`, which Convex's bundler sets: there the call is empty and
 * disappears from the bundle together with what stands in it.
 *
 * @example
 * export const Item = documented(({ named }) => named("Item", z.object({ id: z.string() })));
 */
export function documented<const T>(value: (helpers: typeof SCHEMA_HELPERS) => T): () => T {
  return () => value(SCHEMA_HELPERS);
}
