/**
 * Copies of values, as they pass from one function to another.
 *
 * The long way is `jsonToConvex(JSON.parse(JSON.stringify(convexToJson(value))))`. Nearly all values are plain data, of
 * which one walk makes the same copy: fields sorted, those that are `undefined` left out, nothing shared.
 */
import type { Value } from "convex/values";
import { MOST_ELEMENTS, MOST_FIELDS, MOST_LEVELS } from "./shape";

/** A copy, and a bound for its bytes as Convex counts them. */
export interface Copy {
  readonly value: Value;
  readonly maxBytes: number;
}

const NOT_PLAIN = Symbol("not plain");

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const LONGEST_FIELD_NAME = 1024;
const UTF8_BYTES = 3;

// Arguments lie in a list, which is a level of its own.
const MOST_LEVELS_COPIED = MOST_LEVELS - 1;

// Of the copy that is being made, which is never interrupted.
let most = 0;
let level = 0;

/**
 * The copy of plain data, `null` for all else: what is no value, what only `convexToJson` knows, and what may have a shape
 * that Convex refuses.
 */
export function copyPlain(value: unknown): Copy | null {
  most = 0;
  level = 0;
  const copy = copied(value);
  return copy === NOT_PLAIN ? null : { value: copy, maxBytes: most };
}

/** True for what is no list, no bytes and no primitive: an object with fields, or of some class. */
export function isFields(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ArrayBuffer)
  );
}

function copied(value: unknown): Value | typeof NOT_PLAIN {
  switch (typeof value) {
    case "string":
      most += value.length * UTF8_BYTES + 2;
      return value;
    case "number":
      most += 9;
      return value;
    case "boolean":
      most += 1;
      return value;
    case "bigint":
      most += 9;
      return MIN_INT64 <= value && value <= MAX_INT64 ? value : NOT_PLAIN;
    case "object":
      return value === null ? copiedNull() : copiedObject(value);
    default:
      return NOT_PLAIN;
  }
}

function copiedNull(): null {
  most += 1;
  return null;
}

function copiedObject(value: object): Value | typeof NOT_PLAIN {
  if (Array.isArray(value)) return copiedArray(value);
  if (value instanceof ArrayBuffer) {
    most += value.byteLength + 2;
    return value.slice(0);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return NOT_PLAIN;
  return copiedFields(value as Readonly<Record<string, unknown>>);
}

function copiedArray(values: readonly unknown[]): Value | typeof NOT_PLAIN {
  if (values.length > MOST_ELEMENTS || ++level > MOST_LEVELS_COPIED) return NOT_PLAIN;
  most += 2;
  const copies: Value[] = [];
  for (const value of values) {
    const copy = copied(value);
    if (copy === NOT_PLAIN) return NOT_PLAIN;
    copies.push(copy);
  }
  level--;
  return copies;
}

function copiedFields(fields: Readonly<Record<string, unknown>>): Value | typeof NOT_PLAIN {
  const names = sortedNames(fields);
  if (names.length > MOST_FIELDS || ++level > MOST_LEVELS_COPIED) return NOT_PLAIN;
  most += 2;
  const copies: Record<string, Value> = {};
  for (const name of names) {
    const value = fields[name];
    if (value === undefined) continue;
    if (!isFieldName(name)) return NOT_PLAIN;
    const copy = copied(value);
    if (copy === NOT_PLAIN) return NOT_PLAIN;
    most += name.length + 1;
    copies[name] = copy;
  }
  level--;
  return copies;
}

function sortedNames(fields: object): string[] {
  const names = Object.keys(fields);
  for (let i = 1; i < names.length; i++) {
    if ((names[i - 1] as string) > (names[i] as string)) return names.sort();
  }
  return names;
}

/** The rule of Convex's field names, less one name that an assignment would take for the prototype. */
export function isFieldName(name: string): boolean {
  if (name.length > LONGEST_FIELD_NAME || name.startsWith("$") || name === "__proto__") return false;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
