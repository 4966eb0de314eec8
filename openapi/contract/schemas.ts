import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { JsonSchema } from "../../convex/http/kit/described.kit";

/** Knows JSON Schema 2020-12. Unknown keywords are OpenAPI's own (`example`), and say nothing about values. */
const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
formats(ajv);

const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/**
 * Validates a value and returns messages about its errors, or an empty list for a valid value. Each schema is compiled once.
 *
 * @param what The name of the value in the messages.
 */
export function misfits(schema: JsonSchema, value: unknown, what: string): string[] {
  let validate = compiled.get(schema);
  if (!validate) compiled.set(schema, (validate = ajv.compile(schema)));
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message = "does not fit", params }) => {
    const extra: unknown = params["additionalProperty"] ?? params["unevaluatedProperty"];
    return `${what}${instancePath}: ${message}${typeof extra === "string" ? ` (${extra})` : ""}`;
  });
}

/** The same for a value that came as text, as in a header or a query: read as its schema's type would have it. */
export function textMisfits(schema: JsonSchema, text: string, what: string): string[] {
  const asNumber = ["integer", "number"].includes(String(schema["type"])) && /^-?\d+(\.\d+)?$/.test(text);
  const asBoolean = schema["type"] === "boolean" && /^(true|false)$/.test(text);
  return misfits(schema, asNumber ? Number(text) : asBoolean ? text === "true" : text, what);
}

const closedOnes = new WeakMap<JsonSchema, JsonSchema>();

/** The same schema, but objects have no members beside those that it names. */
export function closed(schema: JsonSchema): JsonSchema {
  let shut = closedOnes.get(schema);
  // An object stays one.
  if (!shut) closedOnes.set(schema, (shut = shutIn(schema, false) as JsonSchema));
  return shut;
}

/** @param composed The members beside these are in the schema that is composed of this one and others. */
function shutIn(node: unknown, composed: boolean): unknown {
  if (Array.isArray(node)) return node.map((one) => shutIn(one, composed));
  if (typeof node !== "object" || node === null) return node;
  const inner = Object.entries(node).map(([name, value]) => [name, shutIn(value, COMPOSING.has(name))]);
  const shut = composed || !namesMembers(node) ? {} : { unevaluatedProperties: false };
  return { ...shut, ...Object.fromEntries(inner) } as JsonSchema;
}

const COMPOSING = new Set(["allOf", "anyOf", "oneOf"]);

const namesMembers = (node: unknown): boolean =>
  typeof node === "object" &&
  node !== null &&
  Object.entries(node).some(
    ([name, value]) =>
      name === "properties" || (COMPOSING.has(name) && Array.isArray(value) && value.some(namesMembers)),
  );
