/** Parses the schema objects that tests pass. */
import { CatalogState } from "../store/catalog";
import { planSchema } from "../store/schemaPlan";
import type { SchemaJSON } from "../store/types";

const IDENTIFIER = /^[a-zA-Z][a-zA-Z0-9_]*$/;

/**
 * Returns the JSON of a schema, `null` without a schema.
 *
 * @throws Error for a schema that Convex refuses to deploy.
 */
export function schemaOf(definition: object | null): SchemaJSON | null {
  if (definition === null) return null;
  // `defineSchema` returns a method, used by the CLI, that its type omits.
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
