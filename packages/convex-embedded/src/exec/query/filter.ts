/** The expressions of `.filter(q => …)`, compiled once per query, with the semantics of Convex's backend. */
import type { JSONValue, Value } from "convex/values";
import { compareValues, jsonToConvex } from "convex/values";
import { describeValue } from "../../values/describe";
import { SyscallError } from "../errors";

/** Computes a value from a document, `undefined` if a field is missing. */
type Expression = (document: Value) => Value | undefined;

type Operands = readonly JSONValue[];
type Binary = (left: Value | undefined, right: Value | undefined) => Value;

const BINARY: Readonly<Record<string, Binary>> = {
  $eq: (left, right) => compareValues(left, right) === 0,
  $neq: (left, right) => compareValues(left, right) !== 0,
  $lt: (left, right) => compareValues(left, right) < 0,
  $lte: (left, right) => compareValues(left, right) <= 0,
  $gt: (left, right) => compareValues(left, right) > 0,
  $gte: (left, right) => compareValues(left, right) >= 0,
  $add: arithmetic(
    "add",
    (left, right) => left + right,
    (left, right) => left + right,
  ),
  $sub: arithmetic(
    "subtract",
    (left, right) => left - right,
    (left, right) => left - right,
  ),
  $mul: arithmetic(
    "multiply",
    (left, right) => left * right,
    (left, right) => left * right,
  ),
  $div: arithmetic(
    "divide",
    (left, right) => left / right,
    (left, right) => left / right,
  ),
  $mod: arithmetic(
    "mod",
    (left, right) => left % right,
    (left, right) => left % right,
  ),
};

/**
 * Compiles a serialized filter to a predicate on documents.
 *
 * @throws SyscallError from the predicate if a condition is not a boolean, or an operand of arithmetic is not a number.
 */
export function compileFilter(json: JSONValue): (document: Value) => boolean {
  const expression = compile(json);
  return (document) => asBoolean(expression(document));
}

function compile(json: JSONValue): Expression {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw malformed(json);
  const [entry, ...more] = Object.entries(json);
  if (entry === undefined || more.length > 0) throw malformed(json);
  const [operator, operand] = entry;

  const binary = BINARY[operator];
  if (binary !== undefined) {
    const [left, right] = operands(operand, 2).map(compile) as [Expression, Expression];
    return (document) => binary(left(document), right(document));
  }
  switch (operator) {
    case "$field":
      return field(operand);
    case "$literal": {
      const value = literal(operand);
      return () => value;
    }
    case "$and": {
      const parts = operands(operand).map(compile);
      return (document) => parts.every((part) => asBoolean(part(document)));
    }
    case "$or": {
      const parts = operands(operand).map(compile);
      return (document) => parts.some((part) => asBoolean(part(document)));
    }
    case "$not": {
      const inner = compile(operand);
      return (document) => !asBoolean(inner(document));
    }
    case "$neg": {
      const inner = compile(operand);
      return (document) => negate(inner(document));
    }
    default:
      throw malformed(json);
  }
}

/** Parses a value of a filter or an index range. `{"$undefined":null}` means a missing field. */
export function literal(json: JSONValue): Value | undefined {
  if (typeof json === "object" && json !== null && "$undefined" in json) return undefined;
  return jsonToConvex(json);
}

function field(path: JSONValue): Expression {
  if (typeof path !== "string") throw malformed(path);
  const names = path.split(".");
  return (document) => {
    let value: Value | undefined = document;
    for (const name of names) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
      if (!Object.hasOwn(value, name)) return undefined;
      value = (value as Record<string, Value | undefined>)[name];
    }
    return value;
  };
}

function arithmetic(
  name: string,
  bigints: (left: bigint, right: bigint) => bigint,
  numbers: (left: number, right: number) => number,
): Binary {
  return (left, right) => {
    if (typeof left === "number" && typeof right === "number") return numbers(left, right);
    if (typeof left === "bigint" && typeof right === "bigint") return BigInt.asIntN(64, bigints(left, right));
    throw new SyscallError(`Cannot ${name} ${withType(left)} and ${withType(right)}`);
  };
}

function negate(value: Value | undefined): Value {
  if (typeof value === "number") return -value;
  if (typeof value === "bigint") return BigInt.asIntN(64, -value);
  throw new SyscallError(`Cannot negate ${withType(value)}`);
}

function asBoolean(value: Value | undefined): boolean {
  if (typeof value === "boolean") return value;
  throw new SyscallError(`Expected a boolean in a filter, got ${withType(value)}`);
}

function withType(value: Value | undefined): string {
  return `${describeValue(value)} (type ${typeName(value)})`;
}

/** Returns a type's name as in the errors of Convex's backend. */
function typeName(value: Value | undefined): string {
  if (value === undefined) return "Undefined";
  if (value === null) return "Null";
  if (typeof value === "bigint") return "Int64";
  if (typeof value === "number") return "Float64";
  if (typeof value === "boolean") return "Boolean";
  if (typeof value === "string") return "String";
  if (value instanceof ArrayBuffer) return "Bytes";
  return Array.isArray(value) ? "Array" : "Object";
}

function operands(json: JSONValue, count?: number): Operands {
  if (!Array.isArray(json) || (count !== undefined && json.length !== count)) throw malformed(json);
  return json;
}

function malformed(json: JSONValue): SyscallError {
  return new SyscallError(`Malformed filter expression: ${JSON.stringify(json)}`);
}
