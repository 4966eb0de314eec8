import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { JsonSchema } from "../../convex/http/kit/described.kit";

/** A validator for JSON Schema 2020-12. It ignores unknown keywords, such as OpenAPI's `example`, which do not restrict values. */
const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
formats(ajv);

const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/**
 * Validates a value and returns messages about its errors, or an empty list for a valid value. Each schema is compiled once.
 *
 * @param what The name of the value in the messages.
 */
export function validationErrors(schema: JsonSchema, value: unknown, what: string): string[] {
  let validate = compiled.get(schema);
  if (!validate) compiled.set(schema, (validate = ajv.compile(schema)));
  if (validate(value)) return [];
  return (validate.errors ?? []).map(({ instancePath, message = "is invalid", params }) => {
    const extra: unknown = params["additionalProperty"] ?? params["unevaluatedProperty"];
    return `${what}${instancePath}: ${message}${typeof extra === "string" ? ` (${extra})` : ""}`;
  });
}

/** Validates the text of a header or parameter, converted to its schema's type. Otherwise like `validationErrors`. */
export function textErrors(schema: JsonSchema, text: string, what: string): string[] {
  const asNumber = ["integer", "number"].includes(String(schema["type"])) && /^-?\d+(\.\d+)?$/.test(text);
  const asBoolean = schema["type"] === "boolean" && /^(true|false)$/.test(text);
  return validationErrors(schema, asNumber ? Number(text) : asBoolean ? text === "true" : text, what);
}

const closedSchemas = new WeakMap<JsonSchema, JsonSchema>();

/** Returns the schema with undeclared members of objects forbidden. Each schema is converted once. */
export function closed(schema: JsonSchema): JsonSchema {
  let result = closedSchemas.get(schema);
  // `closeNode` converts an object to an object.
  if (!result) closedSchemas.set(schema, (result = closeNode(schema, false) as JsonSchema));
  return result;
}

/** @param composed Whether the node is a part of `allOf`, `anyOf` or `oneOf`. Its other members may be in other parts. */
function closeNode(node: unknown, composed: boolean): unknown {
  if (Array.isArray(node)) return node.map((element) => closeNode(element, composed));
  if (typeof node !== "object" || node === null) return node;
  const inner = Object.entries(node).map(([name, value]) => [name, closeNode(value, COMPOSITION.has(name))]);
  const restriction = composed || !declaresMembers(node) ? {} : { unevaluatedProperties: false };
  return { ...restriction, ...Object.fromEntries(inner) } as JsonSchema;
}

const COMPOSITION = new Set(["allOf", "anyOf", "oneOf"]);

const declaresMembers = (node: unknown): boolean =>
  typeof node === "object" &&
  node !== null &&
  Object.entries(node).some(
    ([name, value]) =>
      name === "properties" || (COMPOSITION.has(name) && Array.isArray(value) && value.some(declaresMembers)),
  );
