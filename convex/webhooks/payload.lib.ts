import { fail, failField } from "../lib/failure.lib";
import { checkJson } from "../lib/json.lib";

/** A JSON object whose members have not been checked. */
export type Json = Record<string, unknown>;

/** Parses a body that must be a JSON object. Ignores a byte order mark, which the signature covers but JSON does not allow. */
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

/** Refuses a text that is not a JSON object. Unlike `parse`, it does not build values, which may need much memory. */
export function requireObject(json: string): void {
  const text = json.replace(/^\ufeff/, "");
  if (!/^[ \t\r\n]*\{/.test(text) || !checkJson(text).valid) fail("invalid_json", "Invalid JSON body");
}

/** Returns the string of a member. Refuses a payload without it. */
export function text(payload: Json, name: string): string {
  return optionalText(payload, name) ?? failField({ in: "body", path: name, message: "must be a string" });
}

/** Returns the object of a member, or `{}` if the member is absent or has another type. */
export function object(payload: Json, name: string): Json {
  const value = payload[name];
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** Returns the string of a member. An empty string, a lone surrogate and any other type count as absent. */
export function optionalText(payload: Json, name: string): string | undefined {
  const value = payload[name];
  return typeof value === "string" && value !== "" && value.isWellFormed() ? value : undefined;
}

/** Returns the objects in a list. Returns an empty list if the member is absent or has another type. */
export function list(payload: Json, name: string): Json[] {
  const value = payload[name];
  if (!Array.isArray(value)) return [];
  return value.filter(
    (entry): entry is Json => typeof entry === "object" && entry !== null && !Array.isArray(entry),
  );
}
