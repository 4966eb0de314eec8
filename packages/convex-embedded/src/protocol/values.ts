/** Values in the format that a client requests (`crates/value/src/export.rs`). */
import type { JSONValue, Value } from "convex/values";
import { convexToJson, jsonToConvex } from "convex/values";
import { ApiError } from "../http/api";

/** `encoded` distinguishes all of Convex's types; `clean` is easier to read. */
export type Format = "encoded" | "clean";

const FORMATS: Readonly<Record<string, Format>> = {
  json: "clean",
  convex_clean_json: "clean",
  convex_encoded_json: "encoded",
  convex_json: "encoded",
};

/** Parses a format name from a request; `undefined` means the default. @throws ApiError with Convex's message. */
export function formatOf(name: unknown): Format {
  if (name === undefined || name === null) return "clean";
  const format = typeof name === "string" && Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  if (format !== undefined) return format;
  throw new ApiError(400, "BadFormat", `format param must be one of [\`json\`]. Got ${JSON.stringify(name)}`);
}

export function exported(value: Value, format: Format): JSONValue {
  return format === "encoded" ? convexToJson(value) : clean(value);
}

/** Converts a value to a format. @param json the value in Convex's own JSON. */
export function exportedJson(json: JSONValue, format: Format): JSONValue {
  return format === "encoded" ? json : clean(jsonToConvex(json));
}

function clean(value: Value | undefined): JSONValue {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value !== "object" || value === null) return value ?? null;
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(clean);
  // Commit placeholders are resolved before a document is read, so they do not occur here.
  const fields = value as Readonly<Record<string, Value | undefined>>;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, clean(field)]));
}
