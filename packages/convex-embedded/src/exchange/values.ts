/**
 * Documents in the format of Convex's snapshots, one line of JSON each.
 *
 * A number with a point or an exponent is a float64, any other number is an int64. Other types are encoded as in Convex's own JSON:
 * `{"$bytes": base64}`, and `{"$float": base64}` for infinity and NaN. Source: `ConvexExportJSON` in `crates/value/src/export.rs`
 * of get-convex/convex-backend. Snapshots use this format since March 2026.
 */
import { jsonToConvex } from "convex/values";
import type { JSONValue, Value } from "convex/values";

const NEGATIVE_ZERO = '{"$float":"AAAAAAAAAIA="}';
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** The names of objects that encode a value. */
const ENCODED: ReadonlySet<string> = new Set(["$bytes", "$float", "$integer"]);

/** Encodes a document. @param stored the document in Convex's JSON, as the store keeps it. @returns its line, without the line end. */
export function toLine(stored: string): string {
  return write(JSON.parse(stored) as JSONValue);
}

/** Decodes a line. @throws Error for invalid JSON or an invalid Convex value. */
export function fromLine(line: string): Value {
  return decode(JSON.parse(rewriteNumbers(line, exactNumber)) as JSONValue);
}

/** True for a valid creation time, as on Convex: a finite float64 that is not negative (minus zero is negative). Milliseconds since 1970. */
export function isCreationTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value < Infinity && !Object.is(value, -0);
}

function write(json: JSONValue): string {
  if (typeof json === "number") return floatText(json);
  if (Array.isArray(json)) return `[${json.map(write).join(",")}]`;
  if (typeof json !== "object" || json === null) return JSON.stringify(json);
  const entries = Object.entries(json);
  if (entries[0]?.[0].startsWith("$")) return encodedText(json);
  return `{${entries.map(([name, field]) => `${JSON.stringify(name)}:${write(field)}`).join(",")}}`;
}

function floatText(float: number): string {
  const text = String(float).replace("e+", "e");
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function encodedText(json: JSONValue): string {
  const value = jsonToConvex(json);
  if (typeof value === "bigint") return String(value);
  return Object.is(value, -0) ? "-0.0" : JSON.stringify(json);
}

function decode(json: JSONValue): Value {
  if (Array.isArray(json)) return json.map(decode);
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json);
  const encoded = entries.find(([name]) => name.startsWith("$"))?.[0];
  if (encoded !== undefined) {
    if (entries.length === 1 && ENCODED.has(encoded)) return jsonToConvex(json);
    throw new Error(`Field name ${encoded} starts with '$', which is reserved.`);
  }
  // Not by assignment, which would lose a field named `__proto__` instead of refusing it.
  return Object.fromEntries(entries.map(([name, field]) => [name, decode(field)]));
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * Rewrites the numbers of a JSON text, which `JSON.parse` would read as float64.
 *
 * @param rewrite Returns the JSON for the text of a number.
 */
export function rewriteNumbers(line: string, rewrite: (number: string) => string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < line.length;) {
    const code = line.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(line, at);
    } else if (code === MINUS || isDigit(code)) {
      NUMBER.lastIndex = at;
      const text = NUMBER.exec(line)?.[0] ?? "";
      const exact = rewrite(text);
      if (exact !== text) {
        parts.push(line.slice(from, at), exact);
        from = at + text.length;
      }
      at += Math.max(1, text.length);
    } else {
      at++;
    }
  }
  return parts.length === 0 ? line : parts.join("") + line.slice(from);
}

function endOfString(line: string, start: number): number {
  for (let at = start + 1; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at + 1;
  }
  return line.length;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Returns a number that `JSON.parse` would read differently in the encoding of Convex's JSON. */
function exactNumber(text: string): string {
  const number = Number(text);
  if (!Number.isFinite(number)) throw new Error(`${text} is out of the range of numbers`);
  if (Object.is(number, -0)) return NEGATIVE_ZERO;
  if (text === "" || /[.eE]/.test(text)) return text;
  const integer = BigInt(text);
  // Convex reads an integer that does not fit into 64 bits as a float64.
  if (integer < MIN_INT64 || integer > MAX_INT64) return text;
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(integer);
  return `{"$integer":"${bytes.toString("base64")}"}`;
}
