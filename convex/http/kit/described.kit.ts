import type { Schema } from "./contract.kit";

/** The JSON Schema of a field whose checks zod cannot describe by itself. */
export type JsonSchema = { [keyword: string]: unknown };

const descriptions = new WeakMap<Schema, () => JsonSchema>();

/** Attaches a JSON Schema to a schema. `description` comes from `docsOnly`, so it is undefined in requests. */
export function described<S extends Schema>(schema: S, description: (() => JsonSchema) | undefined): S {
  if (description) descriptions.set(schema, description);
  return schema;
}

/** Returns the JSON Schema that `described` attached to a schema, if any. */
export const descriptionOf = (schema: Schema): JsonSchema | undefined => descriptions.get(schema)?.();
