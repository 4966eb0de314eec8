import * as z from "zod/mini";
import type { Schema } from "../convex/http/kit/contract.kit";
import { descriptionOf, type JsonSchema } from "../convex/http/kit/described.kit";
import { fieldDescriptionsOf, nameOf } from "../convex/http/kit/schemaHelpers.kit";
import type { Components } from "./components";

/** The JSON Schema of what a request sends. Named schemas are inlined: a schema may accept more than it returns. */
export const inputSchema = (schema: Schema): JsonSchema => jsonSchema(schema, "input");

/** The JSON Schema of what a reply sends, with a reference for each named schema. */
export const outputSchema = (schema: Schema, components: Components): JsonSchema =>
  jsonSchema(schema, "output", components);

function jsonSchema(schema: Schema, io: "input" | "output", components?: Components): JsonSchema {
  // zod visits members before the schema that holds them, so that schema already has their references.
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema: found }) => {
      // The types of zod's core and of zod/mini describe the same object.
      const field = zodSchema as unknown as Schema;
      const described = descriptionOf(field);
      if (described) replace(found, described);
      if (io === "output") open(found);
      describeFields(found, fieldDescriptionsOf(field));
      const name = nameOf(field);
      if (name !== undefined && components) replace(found, components.use("schemas", name, { ...found }));
    },
  }) as JsonSchema;
  return json;
}

/** Gives the properties of an object their descriptions. */
export function describeFields(found: JsonSchema, descriptions: Readonly<Record<string, string>>): void {
  const properties = (found["properties"] ?? {}) as Record<string, JsonSchema>;
  for (const [name, description] of Object.entries(descriptions)) {
    const property = properties[name];
    if (property) properties[name] = { ...property, description };
  }
}

/** Replies may get more members without a new version of the API, but zod closes the objects that it describes. */
function open(found: JsonSchema): void {
  if (found["additionalProperties"] === false) delete found["additionalProperties"];
  if (found["maximum"] === Number.MAX_SAFE_INTEGER) delete found["maximum"];
  if (found["minimum"] === Number.MIN_SAFE_INTEGER) delete found["minimum"];
}

function replace(found: JsonSchema, by: JsonSchema): void {
  for (const keyword of Object.keys(found)) Reflect.deleteProperty(found, keyword);
  Object.assign(found, by);
}
