/** Formats values and validators as in Convex's error messages. */
import { CommitTsPlaceholder, jsonToConvex } from "convex/values";
import type { ObjectFieldType, ValidatorJSON, Value } from "convex/values";

/** Formats a value as in the backend's messages: `{a: 1.0, b: [null, "x"]}`. */
export function describeValue(value: Value | undefined): string {
  if (value === undefined) return "undefined";
  if (value === null) return "null";
  switch (typeof value) {
    case "bigint":
    case "boolean":
      return String(value);
    case "number":
      return describeNumber(value);
    case "string":
      return describeString(value);
  }
  if (value instanceof CommitTsPlaceholder) return value.toString();
  if (value instanceof ArrayBuffer) return `b"${Buffer.from(value).toString("base64")}"`;
  if (Array.isArray(value)) return `[${value.map(describeValue).join(", ")}]`;
  const fields = Object.keys(value).sort();
  const shown = fields.filter((name) => value[name] !== undefined);
  return `{${shown.map((name) => `${name}: ${describeValue(value[name])}`).join(", ")}}`;
}

/** Formats a validator as source code: `v.object({a: v.optional(v.float64())})`. */
export function describeValidator(validator: ValidatorJSON): string {
  switch (validator.type) {
    case "number":
      return "v.float64()";
    case "bigint":
      return "v.int64()";
    case "literal":
      return `v.literal(${describeLiteral(jsonToConvex(validator.value))})`;
    case "id":
      return `v.id("${validator.tableName}")`;
    case "array":
      return `v.array(${describeValidator(validator.value)})`;
    case "record":
      return `v.record(${describeValidator(validator.keys)}, ${describeValidator(validator.values.fieldType)})`;
    case "union":
      return `v.union(${validator.value.map(describeValidator).join(", ")})`;
    case "object": {
      const fields = Object.entries(validator.value).sort(([a], [b]) => (a < b ? -1 : 1));
      return `v.object({${fields.map(([name, field]) => `${name}: ${describeField(field)}`).join(", ")}})`;
    }
    default:
      return `v.${validator.type}()`;
  }
}

/** Formats the value of a literal validator. Values that JSON cannot represent are shown as their type. */
export function describeLiteral(value: Value): string {
  if (typeof value === "bigint") return "<bigint>";
  if (typeof value === "number") return Number.isFinite(value) ? describeNumber(value) : "<number>";
  return JSON.stringify(value);
}

function describeField(field: ObjectFieldType): string {
  const inner = describeValidator(field.fieldType);
  return field.optional ? `v.optional(${inner})` : inner;
}

/** Formats a float like Rust's `{:?}`: always with a fraction, in scientific notation from 1e16 and below 1e-4. */
function describeNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) return value.toExponential().replace("e+", "e");
  const text = String(value);
  return text.includes(".") ? text : `${text}.0`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\0": "\\0",
};

/** Formats a string like Rust's `{:?}`. */
function describeString(text: string): string {
  const escaped = text.replaceAll(
    /["\\\p{Cc}]/gu,
    (character) => ESCAPES[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `"${escaped}"`;
}
