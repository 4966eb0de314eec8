/**
 * Copies values that pass from one function to another.
 *
 * The slow path is `jsonToConvex(JSON.parse(JSON.stringify(convexToJson(value))))`. Nearly all values are plain data. For those,
 * one traversal creates the same copy: fields are sorted, `undefined` fields are dropped, and nothing is shared.
 */
import type { Value } from "convex/values";
import { MAX_ELEMENTS, MAX_FIELDS, MAX_LEVELS } from "./shape";

/** A copy, and an upper bound of its bytes as Convex counts them. */
export interface Copy {
  readonly value: Value;
  readonly maxBytes: number;
}

const NOT_PLAIN = Symbol("not plain");

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;
const MAX_FIELD_NAME = 1024;
const UTF8_BYTES = 3;

// Arguments are wrapped in a list, which adds a level.
const MAX_COPIED_LEVELS = MAX_LEVELS - 1;

// The state of the current copy. Module variables are safe, because a copy is synchronous.
let maxBytes = 0;
let level = 0;

/**
 * Copies plain data. Returns `null` for any other value: one that is not a Convex value, one that only `convexToJson` handles, or
 * one whose shape Convex may refuse.
 */
export function copyPlain(value: unknown): Copy | null {
  maxBytes = 0;
  level = 0;
  const copy = copyValue(value);
  return copy === NOT_PLAIN ? null : { value: copy, maxBytes };
}

/** True for an object with fields or of a class: neither a list, bytes nor a primitive. */
export function isFields(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof ArrayBuffer)
  );
}

function copyValue(value: unknown): Value | typeof NOT_PLAIN {
  switch (typeof value) {
    case "string":
      maxBytes += value.length * UTF8_BYTES + 2;
      return value;
    case "number":
      maxBytes += 9;
      return value;
    case "boolean":
      maxBytes += 1;
      return value;
    case "bigint":
      maxBytes += 9;
      return MIN_INT64 <= value && value <= MAX_INT64 ? value : NOT_PLAIN;
    case "object":
      return value === null ? copyNull() : copyObject(value);
    default:
      return NOT_PLAIN;
  }
}

function copyNull(): null {
  maxBytes += 1;
  return null;
}

function copyObject(value: object): Value | typeof NOT_PLAIN {
  if (Array.isArray(value)) return copyArray(value);
  if (value instanceof ArrayBuffer) {
    maxBytes += value.byteLength + 2;
    return value.slice(0);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return NOT_PLAIN;
  return copyFields(value as Readonly<Record<string, unknown>>);
}

function copyArray(values: readonly unknown[]): Value | typeof NOT_PLAIN {
  if (values.length > MAX_ELEMENTS || ++level > MAX_COPIED_LEVELS) return NOT_PLAIN;
  maxBytes += 2;
  const copies: Value[] = [];
  for (const value of values) {
    const copy = copyValue(value);
    if (copy === NOT_PLAIN) return NOT_PLAIN;
    copies.push(copy);
  }
  level--;
  return copies;
}

function copyFields(fields: Readonly<Record<string, unknown>>): Value | typeof NOT_PLAIN {
  const names = sortedNames(fields);
  if (names.length > MAX_FIELDS || ++level > MAX_COPIED_LEVELS) return NOT_PLAIN;
  maxBytes += 2;
  const copies: Record<string, Value> = {};
  for (const name of names) {
    const value = fields[name];
    if (value === undefined) continue;
    if (!isFieldName(name)) return NOT_PLAIN;
    const copy = copyValue(value);
    if (copy === NOT_PLAIN) return NOT_PLAIN;
    maxBytes += name.length + 1;
    copies[name] = copy;
  }
  level--;
  return copies;
}

/** Above this number of names, the sort of JavaScript takes less time. */
const MAX_INSERTED = 32;

/** Returns the names of an object's own fields, sorted. */
export function sortedNames(fields: object): string[] {
  const names = Object.keys(fields);
  if (names.length > MAX_INSERTED) return names.sort();
  // An insertion sort: most objects are small, and `sort` allocates memory.
  for (let i = 1; i < names.length; i++) {
    const name = names[i] as string;
    let to = i;
    for (; to > 0 && (names[to - 1] as string) > name; to--) names[to] = names[to - 1] as string;
    names[to] = name;
  }
  return names;
}

/** Checks Convex's rule for field names. Also refuses `__proto__`, because an assignment to it sets the prototype. */
export function isFieldName(name: string): boolean {
  if (name.length > MAX_FIELD_NAME || name.startsWith("$") || name === "__proto__") return false;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}
