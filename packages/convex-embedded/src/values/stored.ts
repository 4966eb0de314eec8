/** Parses stored documents. */
import type { JSONValue, Value } from "convex/values";
import { jsonToConvex } from "convex/values";

/** Parses a document's Convex JSON. Returns a new object. */
export function documentOf(json: string): Value {
  const parsed = JSON.parse(json) as JSONValue;
  // Convex's JSON uses `$` only for values that plain JSON cannot represent, so other documents need no conversion.
  return json.includes('"$') ? jsonToConvex(parsed) : parsed;
}
