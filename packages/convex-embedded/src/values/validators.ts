/**
 * Checks values against validators, in the order and with the messages of Convex's backend
 * (`crates/common/src/schemas/validator.rs` in get-convex/convex-backend).
 */
import { CommitTsPlaceholder, jsonToConvex } from "convex/values";
import type { ValidatorJSON, Value } from "convex/values";
import { describeLiteral, describeValidator, describeValue } from "./describe";
import type { Fields, IdNames, ObjectJSON } from "./matches";
import { isObject, matches, sortedFields } from "./matches";

/**
 * Validates a value. Returns `null` if it is valid.
 *
 * @param validator The JSON of a validator: `v.string().json`, or a part of an exported schema.
 * @param value The value. Fields that are `undefined` count as absent.
 * @returns Convex's message without a prefix. It has several lines: problem, path (`Path: .a[0]`), value and validator.
 */
export function checkValue(validator: ValidatorJSON, value: Value | undefined, ids: IdNames): string | null {
  // Nearly all values match, and need no messages.
  return matches(validator, value, ids) ? null : explain(validator, value, ids, "");
}

/** Returns the message for the first part of a value that does not match, `null` if all match. @param path The place of the value. */
export function explain(
  validator: ValidatorJSON,
  value: Value | undefined,
  ids: IdNames,
  path: string,
): string | null {
  switch (validator.type) {
    case "any":
      return value === undefined ? mismatch(validator, value, path) : null;
    case "null":
      return value === null ? null : mismatch(validator, value, path);
    case "number":
    case "boolean":
    case "string":
      return typeof value === validator.type ? null : mismatch(validator, value, path);
    case "bigint":
    case "commitTs":
      // An unresolved commit timestamp becomes an int64.
      return typeof value === "bigint" || value instanceof CommitTsPlaceholder
        ? null
        : mismatch(validator, value, path);
    case "bytes":
      return value instanceof ArrayBuffer ? null : mismatch(validator, value, path);
    case "literal": {
      const literal = jsonToConvex(validator.value);
      if (Object.is(value, literal)) return null;
      const shown = `\`${describeValue(value)}\` does not match literal validator`;
      return `${shown} \`v.literal(${describeLiteral(literal)})\`.${where(path)}`;
    }
    case "id":
      return checkId(validator.tableName, value, ids, path);
    case "array":
      if (!Array.isArray(value)) return mismatch(validator, value, path);
      return first(value, (element, i) => explain(validator.value, element, ids, `${path}[${i}]`));
    case "record":
      if (!isObject(value)) return mismatch(validator, value, path);
      return first(
        presentFields(value),
        (name) =>
          explain(validator.keys, name, ids, `${path}.keys()`) ??
          explain(validator.values.fieldType, value[name], ids, `${path}.values()`),
      );
    case "object":
      return isObject(value) ? checkObject(validator, value, ids, path) : mismatch(validator, value, path);
    case "union": {
      const [only] = validator.value;
      if (only && validator.value.length === 1) return explain(only, value, ids, path);
      return matches(validator, value, ids) ? null : mismatch(validator, value, path);
    }
  }
}

function checkId(table: string, value: Value | undefined, ids: IdNames, path: string): string | null {
  const found = typeof value === "string" ? ids.tableOf(value) : null;
  if (typeof value !== "string" || found === null)
    return mismatch({ type: "id", tableName: table }, value, path);
  if (found === table) return null;
  const origin = found.startsWith("_") ? "a system table" : `table \`${found}\``;
  return (
    `Found ID "${value}" from ${origin}, which does not match the table name in validator ` +
    `\`v.id("${table}")\`.${where(path)}`
  );
}

function checkObject(validator: ObjectJSON, value: Fields, ids: IdNames, path: string): string | null {
  for (const [name, field] of sortedFields(validator)) {
    const inner = value[name];
    if (inner !== undefined && Object.hasOwn(value, name)) {
      const problem = explain(field.fieldType, inner, ids, `${path}.${name}`);
      if (problem !== null) return problem;
    } else if (!field.optional) {
      return aboutObject(
        `Object is missing the required field \`${name}\`. Consider wrapping the field validator in ` +
          "`v.optional(...)` if this is expected.",
        validator,
        value,
        path,
      );
    }
  }
  for (const name of presentFields(value)) {
    if (Object.hasOwn(validator.value, name)) continue;
    const problem = `Object contains extra field \`${name}\` that is not in the validator.`;
    return aboutObject(problem, validator, value, path);
  }
  return null;
}

function mismatch(validator: ValidatorJSON, value: Value | undefined, path: string): string {
  return (
    `Value does not match validator.\n${where(path)}\n` +
    `Value: ${describeValue(value)}\nValidator: ${describeValidator(validator)}`
  );
}

function aboutObject(problem: string, validator: ObjectJSON, value: Fields, path: string): string {
  return `${problem}\n${where(path)}\nObject: ${describeValue(value)}\nValidator: ${describeValidator(validator)}`;
}

function where(path: string): string {
  return path && `Path: ${path}`;
}

function first<T>(items: readonly T[], look: (item: T, index: number) => string | null): string | null {
  for (const [i, item] of items.entries()) {
    const problem = look(item, i);
    if (problem !== null) return problem;
  }
  return null;
}

function presentFields(value: Fields): string[] {
  return Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort();
}
