/** The formats of exported documents (`crates/value/src/export.rs` of the backend). */
import type { JSONValue, Value } from "convex/values";
import { jsonToConvex } from "convex/values";
import { toLine } from "../../exchange/values";
import { ApiError } from "../../http/api";

/**
 * - `encoded`: Convex's own JSON: `{"$integer": …}`.
 * - `clean`: readable, but an int64 and a string may look the same. The default.
 * - `export`: the format of snapshots: an int64 is a number without a point.
 */
export type Format = "encoded" | "clean" | "export";

const FORMATS: Readonly<Record<string, Format>> = {
  convex_encoded_json: "encoded",
  convex_json: "encoded",
  json: "clean",
  convex_clean_json: "clean",
  export_json: "export",
};

/** Reads the `format` of a request. @throws ApiError for an unknown one. */
export function formatIn(given: unknown): Format {
  if (given === undefined || given === null) return "clean";
  const format = typeof given === "string" && Object.hasOwn(FORMATS, given) ? FORMATS[given] : undefined;
  if (format !== undefined) return format;
  throw new ApiError(
    400,
    "BadFormat",
    `format param must be one of [\`json\`]. Got ${typeof given === "string" ? given : JSON.stringify(given)}`,
  );
}

/** Converts a document to JSON text. @param stored Its Convex JSON. @param includes Selects its fields. */
export function exported(stored: string, format: Format, includes: (field: string) => boolean): string {
  const fields = Object.entries(JSON.parse(stored) as Record<string, JSONValue>);
  const selected = Object.fromEntries(fields.filter(([name]) => includes(name)));
  if (format === "encoded") return JSON.stringify(selected);
  if (format === "export") return toLine(JSON.stringify(selected));
  return cleanText(jsonToConvex(selected));
}

function cleanText(value: Value): string {
  if (typeof value === "bigint") return `"${value}"`;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return Object.is(value, -0) ? "-0.0" : String(value);
    return `"${value}"`;
  }
  if (value instanceof ArrayBuffer) return JSON.stringify(Buffer.from(value).toString("base64"));
  if (Array.isArray(value)) return `[${(value as readonly Value[]).map(cleanText).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  // A stored value contains no placeholder of a commit's timestamp.
  const fields = Object.entries(value as Readonly<Record<string, Value>>);
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${cleanText(field)}`).join(",")}}`;
}
