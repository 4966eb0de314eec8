import * as z from "zod/mini";
import type { Schema } from "../convex/http/kit/contract.kit";
import { descriptionOf, type JsonSchema } from "../convex/http/kit/described.kit";
import { nameOf } from "../convex/http/kit/schemaHelpers.kit";
import type { Components } from "./components";

/** The JSON Schema of what a request brings. A schema with a name is written out: what it takes may differ from what it gives. */
export const inputSchema = (schema: Schema): JsonSchema => jsonSchema(schema, "input");

/** The JSON Schema of what a reply has, with a reference in the place of each schema that has a name. */
export const outputSchema = (schema: Schema, components: Components): JsonSchema =>
  jsonSchema(schema, "output", components);

function jsonSchema(schema: Schema, io: "input" | "output", components?: Components): JsonSchema {
  // Members come before what holds them, so that what holds them already holds references.
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema: found }) => {
      // The types of zod's core and of zod/mini describe the same object.
      const field = zodSchema as unknown as Schema;
      const described = descriptionOf(field);
      if (described) replace(found, described);
      if (io === "output") open(found);
      const name = nameOf(field);
      if (name !== undefined && components) replace(found, components.use("schemas", name, { ...found }));
    },
  }) as JsonSchema;
  return json;
}

/** Replies may get more members without a new version of the API; zod closes what it gives out. */
function open(found: JsonSchema): void {
  if (found["additionalProperties"] === false) delete found["additionalProperties"];
  if (found["maximum"] === Number.MAX_SAFE_INTEGER) delete found["maximum"];
  if (found["minimum"] === Number.MIN_SAFE_INTEGER) delete found["minimum"];
}

function replace(found: JsonSchema, by: JsonSchema): void {
  for (const keyword of Object.keys(found)) Reflect.deleteProperty(found, keyword);
  Object.assign(found, by);
}
