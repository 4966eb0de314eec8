import * as z from "zod/mini";
import type { Schema } from "../convex/http/kit/contract.kit";
import { descriptionOf, type JsonSchema } from "../convex/http/kit/described.kit";
import { fieldDescriptionsOf, nameOf } from "../convex/http/kit/schemaHelpers.kit";
import type { Components } from "./components";

/** Returns whether a field must be present. An optional schema may refuse an explicit `undefined`, so the field is left out here. */
export const isRequired = (schema: z.ZodMiniType): boolean =>
  !z.object({ field: schema }).safeParse({}).success;

/** Returns the JSON Schema of a request. Named schemas are inlined, because a request schema may accept more than a reply schema. */
export const inputSchema = (schema: Schema): JsonSchema => jsonSchema(schema, "input");

/** Returns the JSON Schema of a reply, with a reference for each named schema. */
export const outputSchema = (schema: Schema, components: Components): JsonSchema =>
  jsonSchema(schema, "output", components);

function jsonSchema(schema: Schema, io: "input" | "output", components?: Components): JsonSchema {
  // zod visits members before the schema that holds them, so that schema already has their references.
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema: found }) => {
      // zod/mini has a different type for the same object.
      const field = zodSchema as unknown as Schema;
      const described = descriptionOf(field);
      if (described) replace(found, described);
      if (io === "output") relax(found);
      describeFields(found, fieldDescriptionsOf(field));
      const name = nameOf(field);
      if (name !== undefined && components) replace(found, components.use("schemas", name, { ...found }));
    },
  }) as JsonSchema;
  return json;
}

/** Adds descriptions to the properties of an object, or of the objects in a list. */
export function describeFields(found: JsonSchema, descriptions: Readonly<Record<string, string>>): void {
  if (found["type"] === "array") describeFields(found["items"] as JsonSchema, descriptions);
  const properties = (found["properties"] ?? {}) as Record<string, JsonSchema>;
  for (const [name, description] of Object.entries(descriptions)) {
    const property = properties[name];
    if (property) properties[name] = { ...property, description };
  }
}

/**
 * Removes restrictions that zod adds and the API does not promise: the ban on additional members, although new members in a reply
 * are not a breaking change, and the bounds for safe integers.
 */
function relax(found: JsonSchema): void {
  if (found["additionalProperties"] === false) delete found["additionalProperties"];
  if (found["maximum"] === Number.MAX_SAFE_INTEGER) delete found["maximum"];
  if (found["minimum"] === Number.MIN_SAFE_INTEGER) delete found["minimum"];
}

function replace(found: JsonSchema, by: JsonSchema): void {
  for (const keyword of Object.keys(found)) Reflect.deleteProperty(found, keyword);
  Object.assign(found, by);
}
