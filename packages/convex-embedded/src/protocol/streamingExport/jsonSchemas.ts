/** The shapes of tables as JSON Schema (`crates/common/src/json_schemas` of the backend). */
import type { Shape } from "../shapes";
import type { Format } from "./formats";

type JsonSchema = Readonly<Record<string, unknown>> | false;

/** The fields that a document has in deltas in addition to its own. */
const DELTA_FIELDS = {
  _table: { type: "string" },
  _component: { type: "string" },
  _ts: { type: "integer" },
  _deleted: { type: "boolean" },
};

/** Returns the columns of a table whose documents have a shape. */
export function columnsOf(shape: Shape): readonly string[] {
  if (shape.type !== "Object") return ["_creationTime", "_id"];
  return shape.fields.map(({ fieldName }) => fieldName).sort();
}

/** Returns the schema of a table's documents. @param inDeltas True to add the fields of deltas. */
export function tableSchema(table: string, shape: Shape, format: Format, inDeltas: boolean): object {
  // Connectors need the primary key, also of a table without documents.
  const object =
    shape.type === "Object"
      ? objectSchema(shape, format)
      : {
          type: "object",
          properties: { _creationTime: { type: "number" }, _id: idSchema(table) },
          additionalProperties: false,
          required: ["_creationTime", "_id"],
        };
  const properties = inDeltas ? { ...object.properties, ...DELTA_FIELDS } : object.properties;
  return { ...object, properties, $schema: "http://json-schema.org/draft-07/schema#" };
}

function objectSchema({ fields }: Extract<Shape, { type: "Object" }>, format: Format) {
  const properties = fields.map(({ fieldName, shape }) => [fieldName, schemaOf(shape, format)] as const);
  const required = fields.filter(({ optional }) => !optional).map(({ fieldName }) => fieldName);
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    additionalProperties: false,
    required: required.sort(),
  };
}

function schemaOf(shape: Shape, format: Format): JsonSchema {
  switch (shape.type) {
    case "Unknown":
      return {};
    case "Never":
      return false;
    case "Null":
      return { type: "null" };
    case "Boolean":
      return { type: "boolean" };
    case "String":
      return { type: "string" };
    case "Id":
      return idSchema(shape.tableName);
    case "Int64":
      return INT64[format];
    case "Float64":
      return shape.float64Range.hasSpecialValues ? SPECIAL_FLOAT64[format] : { type: "number" };
    case "Bytes":
      return BYTES[format];
    case "Array":
      return { type: "array", items: schemaOf(shape.shape, format) };
    case "Object":
      return objectSchema(shape, format);
    case "Union":
      return { anyOf: shape.shapes.map((member) => schemaOf(member, format)) };
  }
}

function idSchema(table: string): JsonSchema {
  return { $description: `Id(${table})`, type: "string" };
}

const INT64: Readonly<Record<Format, JsonSchema>> = {
  clean: { $description: "int64 represented as base10 string", type: "string" },
  encoded: {
    $description: "int64",
    type: "object",
    properties: { $integer: { $description: "int64 -> little-endian -> base64", type: "string" } },
  },
  export: { $description: "int64", type: "number" },
};

const ENCODED_FLOAT = {
  $float: { $description: "float64 -> little-endian -> base64", type: "string" },
};

const SPECIAL_FLOAT64: Readonly<Record<Format, JsonSchema>> = {
  clean: floatSchema({ type: "string", $description: "-inf, inf, or NaN" }),
  encoded: floatSchema({
    type: "object",
    $description: "-0, -inf, inf, or NaN",
    properties: ENCODED_FLOAT,
  }),
  export: floatSchema({ type: "object", $description: "-inf, inf, or NaN", properties: ENCODED_FLOAT }),
};

function floatSchema(special: JsonSchema): JsonSchema {
  return { $description: "float64", anyOf: [{ type: "number" }, special] };
}

const ENCODED_BYTES: JsonSchema = {
  type: "object",
  $description: "base64 bytes",
  properties: { $bytes: { type: "string" } },
};

const BYTES: Readonly<Record<Format, JsonSchema>> = {
  clean: { $description: "base64 bytes", type: "string" },
  encoded: ENCODED_BYTES,
  export: ENCODED_BYTES,
};
