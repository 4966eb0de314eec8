import type { Schema } from "./contract.kit";

/** The JSON Schema of a field whose checks zod cannot describe by itself. */
export type JsonSchema = { [keyword: string]: unknown };

const descriptions = new WeakMap<Schema, () => JsonSchema>();

/** Gives a schema its JSON Schema for the document. `description` comes from `documented`, so a request never sees one. */
export function described<S extends Schema>(schema: S, description: (() => JsonSchema) | undefined): S {
  if (description) descriptions.set(schema, description);
  return schema;
}

/** What `described` said of a schema. */
export const descriptionOf = (schema: Schema): JsonSchema | undefined => descriptions.get(schema)?.();
