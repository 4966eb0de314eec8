/** Schemas as tests give them: objects, which nobody has looked at yet. */
import { CatalogState } from "../store/catalog";
import { planSchema } from "../store/schemaPlan";
import type { SchemaJSON } from "../store/types";

const IDENTIFIER = /^[a-zA-Z][a-zA-Z0-9_]*$/;

/**
 * What a schema declares, `null` without one.
 *
 * @throws Error for what Convex refuses when it is deployed.
 */
export function schemaOf(definition: object | null): SchemaJSON | null {
  if (definition === null) return null;
  // `defineSchema` gives more than its type says: what the CLI calls.
  const schema = JSON.parse((definition as { export(): string }).export()) as SchemaJSON;
  for (const { tableName, indexes } of schema.tables) {
    check("Table", tableName);
    for (const { indexDescriptor } of indexes) check("Index", indexDescriptor);
  }
  planSchema(new CatalogState([]), { component: "", schema });
  return schema;
}

function check(what: string, name: string): void {
  if (!IDENTIFIER.test(name)) throw new Error(`${what} names must be valid identifiers, got "${name}"`);
}
