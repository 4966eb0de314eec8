/** Tells whether values match validators, without messages: nearly all values match. `validators.ts` explains a mismatch. */
import { CommitTsPlaceholder, jsonToConvex } from "convex/values";
import type { ObjectFieldType, ValidatorJSON, Value } from "convex/values";

/** Resolves ids to table names. */
export interface IdNames {
  /** Returns the name of the id's table, `null` if the text is not an id of a known table. */
  tableOf(id: string): string | null;
}

export type Fields = { [field: string]: Value | undefined };
export type ObjectJSON = Extract<ValidatorJSON, { type: "object" }>;

/** True if the validator accepts the value. Fields that are `undefined` count as absent. */
export function matches(validator: ValidatorJSON, value: Value | undefined, ids: IdNames): boolean {
  switch (validator.type) {
    case "any":
      return value !== undefined;
    case "null":
      return value === null;
    case "number":
    case "boolean":
    case "string":
      return typeof value === validator.type;
    case "bigint":
    case "commitTs":
      // An unresolved commit timestamp becomes an int64.
      return typeof value === "bigint" || value instanceof CommitTsPlaceholder;
    case "bytes":
      return value instanceof ArrayBuffer;
    case "literal":
      return Object.is(value, jsonToConvex(validator.value));
    case "id":
      return typeof value === "string" && ids.tableOf(value) === validator.tableName;
    case "array":
      return Array.isArray(value) && value.every((element) => matches(validator.value, element, ids));
    case "record":
      return isObject(value) && matchesRecord(validator, value, ids);
    case "object":
      return isObject(value) && matchesObject(validator, value, ids);
    case "union":
      return validator.value.some((member) => matches(member, value, ids));
  }
}

function matchesRecord(
  { keys, values }: Extract<ValidatorJSON, { type: "record" }>,
  record: Fields,
  ids: IdNames,
): boolean {
  for (const name of Object.keys(record)) {
    const value = record[name];
    if (value === undefined) continue;
    if (!matches(keys, name, ids) || !matches(values.fieldType, value, ids)) return false;
  }
  return true;
}

function matchesObject(validator: ObjectJSON, object: Fields, ids: IdNames): boolean {
  let matched = 0;
  for (const [name, { fieldType, optional }] of sortedFields(validator)) {
    const value = object[name];
    if (value !== undefined && Object.hasOwn(object, name)) {
      if (!matches(fieldType, value, ids)) return false;
      matched++;
    } else if (!optional) {
      return false;
    }
  }
  return matched === presentCount(object);
}

function presentCount(object: Fields): number {
  let count = 0;
  for (const name of Object.keys(object)) if (object[name] !== undefined) count++;
  return count;
}

/** True for an object with fields: neither a list, bytes nor a commit timestamp. */
export function isObject(value: Value | undefined): value is Fields {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ArrayBuffer) &&
    !(value instanceof CommitTsPlaceholder)
  );
}

/** A validator lives as long as its bundle and is used on every call, so its fields are sorted only once. */
const sorted = new WeakMap<ObjectJSON, (readonly [string, ObjectFieldType])[]>();

/** Returns the fields of a validator by name, the order in which Convex checks them. */
export function sortedFields(validator: ObjectJSON): (readonly [string, ObjectFieldType])[] {
  let fields = sorted.get(validator);
  if (!fields) {
    fields = Object.entries(validator.value).sort(([a], [b]) => (a < b ? -1 : 1));
    sorted.set(validator, fields);
  }
  return fields;
}
