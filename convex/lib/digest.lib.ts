import canonicalize from "canonicalize";
import { sha256 } from "./hash.lib";
import { v, type Infer } from "convex/values";

export const digestResult = v.object({ sha256: v.string(), bytes: v.number(), type: v.string() });
export type Digest = Infer<typeof digestResult>;

/**
 * Computes the result of `/api/process`: the SHA-256 (lower-case hex) of the UTF-8 bytes of a JSON value's canonical form
 * (RFC 8785), the number of these bytes, and the JSON type.
 *
 * @param text A JSON text.
 */
export async function digest(text: string): Promise<Digest> {
  const value: unknown = JSON.parse(text);
  const canonical = new TextEncoder().encode(canonicalize(value));
  return {
    sha256: await sha256(canonical.buffer),
    bytes: canonical.byteLength,
    type: value === null ? "null" : Array.isArray(value) ? "array" : typeof value,
  };
}
