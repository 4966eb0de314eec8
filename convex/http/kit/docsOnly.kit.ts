import { schemaHelpers, type SchemaHelpers } from "./schemaHelpers.kit";

/**
 * Marks the parts of a contract that only the compiler, the OpenAPI document and the tests need: replies, descriptions and
 * examples. The bundle for Convex does not contain them.
 *
 * On Convex every request would load these parts. So `package.json` maps `#docsOnly` to this file by default, and to
 * `noDocs.kit.ts` under the condition `convex`, which Convex's bundler sets. The function in that file is empty, so the bundler
 * drops each call together with its argument.
 *
 * @param value Gets the schema helpers. A contract must not import zod for its replies: the bundler would keep the import.
 * @example
 * export const Item = docsOnly(({ named, z }) => named("Item", z.object({ id: z.string() })));
 */
export function docsOnly<const T>(value: (helpers: SchemaHelpers) => T): () => T {
  return () => value(schemaHelpers());
}
