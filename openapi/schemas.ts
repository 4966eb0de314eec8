import * as z from "zod/mini";
import type { Schema } from "../convex/http/kit/contract.kit";
import { descriptionOf, type JsonSchema } from "../convex/http/kit/described.kit";

/** The JSON Schema of a zod schema, as requests bring it (`input`) or as replies have it (`output`). */
export function schemaOf(schema: Schema, io: "input" | "output"): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema }) => {
      const description = descriptionOf(zodSchema as unknown as Schema);
      if (!description) return;
      for (const keyword of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, keyword);
      Object.assign(jsonSchema, description);
    },
  });
  const { $schema: _, ...rest } = json as JsonSchema;
  return rest;
}
