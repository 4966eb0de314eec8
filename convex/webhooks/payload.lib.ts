import { fail, failField } from "../lib/failure.lib";
import { checkJson } from "../lib/json.lib";

/** A JSON object whose members have not been checked. */
export type Json = Record<string, unknown>;

/** Parses a body that must be a JSON object. A byte order mark is part of what was signed, but not of the JSON. */
export function parse(body: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(body.replace(/^\ufeff/, ""));
  } catch {
    return fail("invalid_json", "Invalid JSON body");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    fail("invalid_json", "Invalid JSON body");
  return value as Json;
}

/** Refuses a text that is not a JSON object. Unlike `parse`, it builds no values, which may need many times the text's memory. */
export function requireObject(json: string): void {
  const text = json.replace(/^\ufeff/, "");
  if (!/^[ \t\r\n]*\{/.test(text) || !checkJson(text).valid) fail("invalid_json", "Invalid JSON body");
}

/** The text of a member. Refuses a payload without it. */
export function text(payload: Json, name: string): string {
  return optionalText(payload, name) ?? failField({ in: "body", path: name, message: "must be a string" });
}

/** The object of a member; `{}` if the member is absent or has another type. */
export function object(payload: Json, name: string): Json {
  const value = payload[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** The text of a member. An empty text, a lone surrogate and any other type count as absent. */
export function optionalText(payload: Json, name: string): string | undefined {
  const value = payload[name];
  return typeof value === "string" && value !== "" && value.isWellFormed() ? value : undefined;
}

/** The finite number of a member. `JSON.parse` turns numbers that are too large into Infinity, which JSON cannot write. */
export function optionalNumber(payload: Json, name: string): number | undefined {
  const value = payload[name];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** The objects in a list; empty if the member is absent or has another type. */
export function list(payload: Json, name: string): Json[] {
  const value = payload[name];
  if (!Array.isArray(value)) return [];
  return value.filter((one): one is Json => typeof one === "object" && one !== null && !Array.isArray(one));
}
