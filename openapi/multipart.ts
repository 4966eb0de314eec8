import type { Spec } from "../convex/http/kit/contract.kit";
import type { JsonSchema } from "../convex/http/kit/described.kit";
import type { FileSpecs } from "../convex/http/kit/multipart.kit";
import { BINARY } from "./binary";

/**
 * Describes a form with files: its schema, the media types of each file, and an example.
 *
 * @param fields The schema of the text fields.
 */
export function multipartContent(fields: JsonSchema, files: FileSpecs, spec: Spec): JsonSchema {
  const { examples, fields: descriptions = {} } = spec.docs();
  const entries = Object.entries(files);
  const properties = entries.map(([name, { max }]) => {
    const description = descriptions[name];
    const about = description === undefined ? {} : { description };
    return [
      name,
      max === undefined ? { ...BINARY, ...about } : { type: "array", maxItems: max, items: BINARY, ...about },
    ];
  });
  const required = entries.flatMap(([name, { optional }]) => (optional ? [] : [name]));
  const encoding = entries.flatMap(([name, { types }]) =>
    types ? [[name, { contentType: types.join(", ") }]] : [],
  );
  const sample = entries.map(([name, { max }]) => [name, max === undefined ? "The bytes" : ["The bytes"]]);
  return {
    schema: {
      ...fields,
      required: [...((fields["required"] ?? []) as string[]), ...required],
      properties: {
        ...(fields["properties"] as JsonSchema),
        ...(Object.fromEntries(properties) as JsonSchema),
      },
    },
    encoding: Object.fromEntries(encoding),
    example: { ...(examples?.body as JsonSchema | undefined), ...Object.fromEntries(sample) },
  };
}
