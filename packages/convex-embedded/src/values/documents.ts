/** Convex's checks of a document before it is stored: its size, its shape and its table's schema. */
import { CommitTsPlaceholder, getDocumentSize } from "convex/values";
import type { ValidatorJSON, Value } from "convex/values";
import { isFieldName } from "./copy";
import { listLengthProblem, fieldCountProblem, MAX_FIELDS } from "./shape";
import { checkValue } from "./validators";
import type { IdNames } from "./matches";

type Fields = { [field: string]: Value | undefined };

const KIB = 1024;
const MAX_BYTES = KIB * KIB;
const MAX_NESTING = 16;
const MAX_NAME = 1024;

/** Returns Convex's message for a document of the wrong size or shape, `null` if it is valid. See `measure`. */
export function checkShape(document: Fields): string | null {
  const measured = measure(document);
  return typeof measured === "string" ? measured : null;
}

/**
 * Checks a document's size and shape, which do not depend on the schema.
 *
 * @param document A Convex object. If it has `_id` and `_creationTime`, they count as on Convex.
 * @returns its bytes as Convex counts them, or Convex's message if it is invalid.
 */
export function measure(document: Fields): number | string {
  const found: Found = { nesting: 0, problem: null };
  walk(document, 0, found);
  if (found.problem !== null) return found.problem;
  if (found.nesting > MAX_NESTING) {
    return `Document is too nested (nested ${found.nesting} levels deep > maximum nesting ${MAX_NESTING})`;
  }
  const size = getDocumentSize(document as Record<string, Value>);
  return size > MAX_BYTES ? `Value is too large (${humanSize(size)} > maximum size 1 MiB)` : size;
}

/**
 * Validates a document against its table's schema. Returns Convex's message for a failed write, or `null` if it is valid.
 *
 * @param table The table's name, and the validator of the schema (`null`: any document is valid).
 * @param document A Convex object. System fields are ignored, because schemas do not declare them.
 */
export function checkDocument(
  table: { readonly name: string; readonly documentType: ValidatorJSON | null },
  document: Fields,
  ids: IdNames,
): string | null {
  const problem = checkSchema(table.documentType, document, ids);
  return (
    problem &&
    `Failed to insert or update a document in table "${table.name}" because it does not match the schema: ${problem}`
  );
}

/** Validates a document without its system fields. Returns Convex's message, or `null` if the document is valid. */
export function checkSchema(
  documentType: ValidatorJSON | null,
  document: Fields,
  ids: IdNames,
): string | null {
  if (documentType === null || documentType.type === "any") return null;
  const own: Fields = {};
  for (const name of Object.keys(document)) if (!name.startsWith("_")) own[name] = document[name];
  return checkValue(documentType, own, ids);
}

interface Found {
  nesting: number;
  problem: string | null;
}

function walk(value: Value | undefined, depth: number, found: Found): void {
  if (typeof value === "string") {
    // Convex's JSON parser refuses lone surrogates, and UTF-8 cannot encode them.
    if (!value.isWellFormed()) found.problem ??= "String contains a lone surrogate and is not valid Unicode";
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (value instanceof ArrayBuffer || value instanceof CommitTsPlaceholder) return;
  found.nesting = Math.max(found.nesting, depth + 1);
  // Deeper values are refused anyway, and further recursion could exhaust the stack.
  if (depth > MAX_NESTING * 4) return;

  if (Array.isArray(value)) {
    found.problem ??= listLengthProblem(value.length);
    for (const element of value) walk(element, depth + 1, found);
    return;
  }
  const names = Object.keys(value);
  if (names.length > MAX_FIELDS)
    found.problem ??= fieldCountProblem(names.filter((name) => value[name] !== undefined).length);
  for (const name of names) {
    const field = value[name];
    if (field === undefined) continue;
    found.problem ??= checkName(name) ?? (depth === 0 ? checkTopName(name) : null);
    walk(field, depth + 1, found);
  }
}

function checkName(name: string): string | null {
  if (isFieldName(name)) return null;
  if (name.startsWith("$")) return `Field name ${name} starts with '$', which is reserved.`;
  const odd = /[^ -~]/u.exec(name)?.[0];
  if (odd !== undefined) {
    return `Field name ${name} has invalid character '${odd}': Field names can only contain non-control ASCII characters`;
  }
  return name.length > MAX_NAME ? `Field name is too long (${name.length} > maximum ${MAX_NAME})` : null;
}

/** Only the fields of the document itself are reserved: names of nested fields may begin with `_`. */
function checkTopName(name: string): string | null {
  if (!name.startsWith("_") || name === "_id" || name === "_creationTime") return null;
  return `Field '${name}' starts with an underscore, which is only allowed for system fields like '_id'`;
}

/** Formats a size with two decimals, or none if they are zero: `1.25 MiB`, `2 MiB`. */
function humanSize(bytes: number): string {
  const size = bytes / MAX_BYTES;
  const text = size.toFixed(2);
  return `${text.endsWith(".00") ? text.slice(0, -3) : text} MiB`;
}
