/** The text of stored documents: Convex's JSON. */
import type { JSONValue, Value } from "convex/values";
import { convexToJson, jsonToConvex } from "convex/values";
import { sortedNames } from "./copy";

/** Parses a document's Convex JSON. Returns a new object. */
export function documentOf(json: string): Value {
  const parsed = JSON.parse(json) as JSONValue;
  // Convex's JSON uses `$` only for values that plain JSON cannot represent, so other documents need no conversion.
  return json.includes('"$') ? jsonToConvex(parsed) : parsed;
}

/** Returns the Convex JSON of a document, with its fields in order. */
export function textOf(document: Readonly<Record<string, Value | undefined>>): string {
  const plain = plainFields(document);
  return JSON.stringify(plain === NOT_PLAIN ? convexToJson(document) : plain);
}

/** Marks a value that plain JSON cannot represent. */
const NOT_PLAIN = Symbol("not plain");

function plainOf(value: Value): JSONValue | typeof NOT_PLAIN {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : NOT_PLAIN;
    case "object": {
      if (value === null) return null;
      if (Array.isArray(value)) return plainList(value);
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) return NOT_PLAIN;
      return plainFields(value as Readonly<Record<string, Value | undefined>>);
    }
    default:
      return NOT_PLAIN;
  }
}

function plainList(values: readonly Value[]): JSONValue[] | typeof NOT_PLAIN {
  const list: JSONValue[] = [];
  for (const value of values) {
    const plain = plainOf(value);
    if (plain === NOT_PLAIN) return NOT_PLAIN;
    list.push(plain);
  }
  return list;
}

function plainFields(
  fields: Readonly<Record<string, Value | undefined>>,
): Record<string, JSONValue> | typeof NOT_PLAIN {
  const sorted: Record<string, JSONValue> = {};
  for (const name of sortedNames(fields)) {
    const value = fields[name];
    if (value === undefined) continue;
    if (name.startsWith("$") || name === "__proto__") return NOT_PLAIN;
    const plain = plainOf(value);
    if (plain === NOT_PLAIN) return NOT_PLAIN;
    sorted[name] = plain;
  }
  return sorted;
}
