import fc from "fast-check";
import type { JsonSchema } from "../../../convex/http/kit/described.kit";

/** Generates values that a schema allows. It supports the keywords that the document uses. */
export function valueOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  if ("const" in schema) return fc.constant(schema["const"]);
  if (Array.isArray(schema["enum"])) return fc.constantFrom<unknown[]>(...(schema["enum"] as unknown[]));
  const options = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(options)) return fc.oneof(...(options as JsonSchema[]).map(valueOf));
  const { type } = schema;
  if (Array.isArray(type))
    return fc.oneof(...type.map((member: unknown) => valueOf({ ...schema, type: member })));
  switch (type) {
    case "string":
      return textOf(schema);
    case "integer":
      return fc.integer(bounds(schema));
    case "number":
      return fc.double({ ...bounds(schema), noNaN: true, noDefaultInfinity: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return arrayOf(schema);
    case "object":
      return objectOf(schema);
    default:
      return anyJson;
  }
}

/** Generates arbitrary JSON, including property names that are special in JavaScript or Convex. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3, stringUnit: "grapheme" }),
  fc.dictionary(
    fc.constantFrom("__proto__", "constructor", "toString", "$type", "_id", "", "é"),
    fc.jsonValue(),
  ),
  fc.constantFrom(Number.MAX_VALUE, -0.5, 2 ** 53, 1e-7, "", " ", "\u0000", "null", "\u2028", [], {}),
);

const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

function bounds({ minimum, maximum }: JsonSchema): { min?: number; max?: number } {
  const [min, max] = [number(minimum), number(maximum)];
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

function textOf({ format, pattern, minLength, maxLength }: JsonSchema): fc.Arbitrary<string> {
  if (format === "email") return fc.emailAddress();
  // Far in the future, because some times must not be in the past.
  if (format === "date-time")
    return fc
      .date({ min: new Date("2100-01-01"), max: new Date("2400-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString());
  if (format === "uri") return fc.webUrl();
  if (typeof pattern === "string") return fc.stringMatching(new RegExp(pattern));
  // An empty file is refused, which a schema of bytes cannot say: generators take `minLength` for a length of text.
  const [min = format === "binary" ? 1 : 0, max = 300] = [number(minLength), number(maxLength)];
  // The text begins with a letter, so that it is not empty after the API trims it.
  const rest = fc.string({
    unit,
    minLength: Math.max(0, min - 1),
    maxLength: Math.max(0, Math.min(max, 300) - 1),
  });
  return min === 0 ? fc.oneof(fc.constant(""), rest) : rest.map((text) => `x${text}`);
}

/** Generates one code point, so that the number of units equals the length in code points. */
const unit = fc.oneof(
  { weight: 8, arbitrary: fc.string({ minLength: 1, maxLength: 1 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 0xd7ff }).map((code) => String.fromCodePoint(code)) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 0xe000, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
  },
);

function arrayOf({ items, minItems, maxItems }: JsonSchema): fc.Arbitrary<unknown[]> {
  const [minLength = 0, maxLength = 10] = [number(minItems), number(maxItems)];
  return fc.array(valueOf((items ?? {}) as JsonSchema), {
    minLength,
    maxLength: Math.min(maxLength, minLength + 10),
  });
}

function objectOf(schema: JsonSchema): fc.Arbitrary<Record<string, unknown>> {
  const properties = Object.entries((schema["properties"] ?? {}) as Record<string, JsonSchema>);
  const requiredKeys = (schema["required"] ?? []) as string[];
  const known = fc.record(
    Object.fromEntries(properties.map(([name, property]) => [name, valueOf(property)])),
    {
      requiredKeys,
    },
  );
  const isOpen = properties.length === 0 && schema["additionalProperties"] !== false;
  return isOpen ? fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 }) : known;
}
