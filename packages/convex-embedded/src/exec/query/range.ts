/** Compiles the expressions of a `withIndex` range to the bounds of one scan. */
import type { JSONValue, Value } from "convex/values";
import { boundOnId } from "../../store/indexKeys";
import type { IndexInfo, KeyRange, TableInfo } from "../../store/types";
import { describeValue } from "../../values/describe";
import { encodeKey, prefixEnd } from "../../values/keys";
import { SyscallError } from "../errors";
import { literal } from "./filter";

/** One expression of `IndexRangeBuilderImpl.export()` of `convex/server`. */
export interface RangeExpression {
  readonly type: "Eq" | "Gt" | "Gte" | "Lt" | "Lte";
  readonly fieldPath: string;
  readonly value: JSONValue;
}

/** Half-open bounds. Every key between them begins with `prefix`. */
export interface CompiledRange extends KeyRange {
  readonly prefix: Buffer;
}

type Bound = { readonly value: Value | undefined; readonly inclusive: boolean };

const DOCS = "For more information see https://docs.convex.dev/using/indexes.";

/**
 * Compiles a range.
 *
 * @param name The table and the index, for messages: `items.by_owner`.
 * @throws SyscallError with Convex's message, unless the range consists of equalities on the first fields, followed by at
 * most one lower and one upper bound on the next field.
 */
export function compileRange(
  name: string,
  table: TableInfo,
  index: IndexInfo,
  expressions: readonly RangeExpression[],
): CompiledRange {
  const fields = fieldsOf(index);
  if (areLeading(fields, expressions)) {
    const prefix = encodeKey(expressions.map(({ value }) => literal(value)));
    return { prefix, start: prefix, end: prefixEnd(prefix) };
  }
  const equal = new Map<string, Value | undefined>();
  let bounded: string | null = null;
  const bounds: { lower?: Bound; upper?: Bound } = {};

  for (const { type, fieldPath, value: json } of expressions) {
    const value = literal(json);
    if (type === "Eq") {
      if (equal.has(fieldPath)) throw alreadyDefined("equality", fieldPath, "==", equal.get(fieldPath));
      equal.set(fieldPath, value);
      continue;
    }
    const side = type.startsWith("L") ? "upper" : "lower";
    const inclusive = type.endsWith("e");
    if (bounds[side] !== undefined) {
      throw alreadyDefined(side, fieldPath, (side === "upper" ? "<" : ">") + (inclusive ? "=" : ""), value);
    }
    if (bounded !== null && bounded !== fieldPath) throw onSeveralFields(name, bounded, fieldPath);
    bounded = fieldPath;
    bounds[side] = { value, inclusive };
  }
  if (bounded !== null && equal.has(bounded)) {
    throw alreadyDefined("inequality", bounded, "==", equal.get(bounded));
  }

  const unknown = [...equal.keys(), ...(bounded === null ? [] : [bounded])].find(
    (path) => !fields.includes(path),
  );
  if (unknown !== undefined) throw notIndexed(name, index, unknown);
  // Equalities may come in any order if together they cover the first fields.
  const used = [...equal.keys()].sort((a, b) => fields.indexOf(a) - fields.indexOf(b));
  if (bounded !== null) used.push(bounded);
  const wrong = used.find((path, i) => path !== fields[i]);
  if (wrong !== undefined) throw outOfOrder(name, index, used, wrong);

  // The id is the last field of every index. An equality on it becomes a lower and an upper bound.
  if (equal.has("_id")) bounds.lower = bounds.upper = { value: equal.get("_id"), inclusive: true };
  const onId = used.at(-1) === "_id";
  const values = fields.filter((path) => equal.has(path) && path !== "_id").map((path) => equal.get(path));
  const prefix = encodeKey(values);
  return scanBounds(prefix, bounds, (bound) =>
    onId && index.name !== "by_id" ? boundOnId(prefix, table.number, bound) : Buffer.concat([prefix, bound]),
  );
}

/** @param keyAt Returns the key of a bound on the next field. */
function scanBounds(
  prefix: Buffer,
  { lower, upper }: { lower?: Bound; upper?: Bound },
  keyAt: (bound: Buffer) => Buffer,
): CompiledRange {
  const before = ({ value }: Bound) => keyAt(encodeKey([value]));
  const after = ({ value }: Bound) => keyAt(prefixEnd(encodeKey([value])));
  return {
    prefix,
    start: lower ? (lower.inclusive ? before(lower) : after(lower)) : prefix,
    end: upper ? (upper.inclusive ? after(upper) : before(upper)) : prefixEnd(prefix),
  };
}

/** True for equalities on the first fields of an index, in their order, without the id: most ranges have this form. */
function areLeading(fields: readonly string[], expressions: readonly RangeExpression[]): boolean {
  return expressions.every(
    ({ type, fieldPath }, i) => type === "Eq" && fieldPath === fields[i] && fieldPath !== "_id",
  );
}

const allFields = new WeakMap<IndexInfo, readonly string[]>();

/** Returns all fields that an index sorts by. Every index ends with the creation time and the id, `by_id` with the id only. */
function fieldsOf(index: IndexInfo): readonly string[] {
  let fields = allFields.get(index);
  if (fields === undefined) {
    const tail = ["_creationTime", "_id"].filter((field) => !index.fields.includes(field));
    fields = index.name === "by_id" ? ["_id"] : [...index.fields, ...tail];
    allFields.set(index, fields);
  }
  return fields;
}

function listed(fields: readonly string[]): string {
  return `["${fields.join('", "')}"]`;
}

function alreadyDefined(
  bound: string,
  path: string,
  comparator: string,
  value: Value | undefined,
): SyscallError {
  return new SyscallError(
    `Already defined ${bound} bound in index range. Can't add "${path}" ${comparator} ${describeValue(value)}.`,
  );
}

function onSeveralFields(name: string, first: string, second: string): SyscallError {
  return new SyscallError(
    `Upper and lower bounds in \`range\` can only be applied to a single index field. This query against index ` +
      `${name} attempted to set a range bound on both "${first}" and "${second}". Consider using \`filter\` instead. ` +
      "See https://docs.convex.dev/using/indexes for more info.",
  );
}

function notIndexed(name: string, index: IndexInfo, path: string): SyscallError {
  return new SyscallError(
    `The index range included a comparison with "${path}", but ${name} with fields ${listed(fieldsOf(index))} ` +
      `doesn't index this field. ${DOCS}`,
  );
}

function outOfOrder(name: string, index: IndexInfo, used: readonly string[], wrong: string): SyscallError {
  return new SyscallError(
    `Tried to query index ${name} but the query didn't use the index fields in order.\n` +
      `Index fields: ${listed(fieldsOf(index))}\nQuery fields: ${listed(used)}\nFirst incorrect field: ${wrong}\n${DOCS}`,
  );
}
