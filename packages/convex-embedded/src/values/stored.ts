/** From a document's stored text to the document. */
import type { JSONValue, Value } from "convex/values";
import { jsonToConvex } from "convex/values";

/** A new object of a document's Convex JSON. */
export function documentOf(json: string): Value {
  const parsed = JSON.parse(json) as JSONValue;
  // Only what JSON has no form for is written with a `$`.
  return json.includes('"$') ? jsonToConvex(parsed) : parsed;
}
