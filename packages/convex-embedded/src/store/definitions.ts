/**
 * Convex's rules for the tables and indexes of a schema. They do not depend on the documents.
 *
 * Source: `crates/common/src/schemas/json.rs` and `bootstrap_model/index` of get-convex/convex-backend.
 */
import { identifierProblem } from "../values/validatorRules";
import { BY_CREATION_TIME, BY_ID } from "./catalog";
import { checkReferences, checkVectorField } from "./indexReferences";
import type { SchemaIndexJSON, SchemaTableJSON, SearchIndexJSON, VectorIndexJSON } from "./types";

const MAX_INDEXES = 64;
const MAX_INDEX_FIELDS = 16;
const MAX_FILTER_FIELDS = 16;
const MIN_DIMENSIONS = 2;
const MAX_DIMENSIONS = 4096;

/** True for a valid name of a user table. */
export const isTableName = (name: string): boolean => /^[a-zA-Z][a-zA-Z0-9_]{0,63}$/.test(name);

/** True for the names of the indexes that every table has. */
export function isBuiltIn(name: string): boolean {
  return name === BY_ID || name === BY_CREATION_TIME;
}

/**
 * Checks a table and its indexes. Skips system tables, whose names begin with `_`.
 *
 * @param validates True if documents are validated against the schema.
 * @throws Error if the definition breaks a rule.
 */
export function checkDefinition(table: SchemaTableJSON, validates: boolean): void {
  const { tableName } = table;
  if (tableName.startsWith("_")) return;
  if (!isTableName(tableName)) {
    throw new Error(
      `Invalid table name: "${tableName}". Identifiers must start with a letter and can only contain letters, digits, ` +
        "and underscores.",
    );
  }
  const staged = table.stagedDbIndexes ?? [];
  const indexes = [...table.indexes, ...staged];
  const searches = [...(table.searchIndexes ?? []), ...(table.stagedSearchIndexes ?? [])];
  const vectors = [...(table.vectorIndexes ?? []), ...(table.stagedVectorIndexes ?? [])];
  if (indexes.length + searches.length + vectors.length > MAX_INDEXES) {
    throw new Error(`Table "${tableName}" cannot have more than ${MAX_INDEXES} indexes.`);
  }
  checkIndexes(tableName, indexes, staged);
  checkSearchIndexes(tableName, searches);
  checkVectorIndexes(tableName, vectors);
  checkNames(
    tableName,
    [...indexes, ...searches, ...vectors].map(({ indexDescriptor }) => indexDescriptor),
  );
  if (!validates) return;
  for (const { indexDescriptor, fields } of indexes) checkReferences(table, indexDescriptor, fields);
  for (const { indexDescriptor, searchField, filterFields } of searches) {
    checkReferences(table, indexDescriptor, [searchField, ...sorted(filterFields)]);
  }
  for (const { indexDescriptor, vectorField, filterFields } of vectors) {
    checkReferences(table, indexDescriptor, [vectorField, ...sorted(filterFields)]);
    checkVectorField(table, indexDescriptor, vectorField);
  }
}

function checkIndexes(
  tableName: string,
  indexes: readonly SchemaIndexJSON[],
  staged: readonly SchemaIndexJSON[],
): void {
  for (const index of indexes) {
    const { indexDescriptor: name, fields } = index;
    const problem = problemOfName(name) ?? problemOfSyntax(name, fields) ?? problemOfFields(name, fields);
    if (problem !== null) throw new Error(`In table "${tableName}": ${problem}`);
    if (fields.length > 0) continue;
    const kind = staged.includes(index) ? "staged index" : "index";
    throw new Error(`In table "${tableName}" ${kind} "${name}" must have at least one field.`);
  }
  checkUnique(
    indexes,
    ({ fields }) => fields.join(),
    (name, other) =>
      `In table "${tableName}" index "${name}" and index "${other}" have the same fields. Indexes must be unique within a ` +
      "table.",
  );
}

function checkSearchIndexes(tableName: string, indexes: readonly SearchIndexJSON[]): void {
  for (const { indexDescriptor: name, searchField, filterFields } of indexes) {
    const problem =
      problemOfName(name) ??
      problemOfSyntax(name, [searchField, ...filterFields]) ??
      problemOfFilters(filterFields);
    if (problem !== null) throw new Error(`In table "${tableName}": ${problem}`);
  }
  checkUnique(
    indexes,
    ({ searchField, filterFields }) => [searchField, ...sorted(filterFields)].join(),
    (name, other) =>
      `In table "${tableName}" search index "${name}" and search index "${other}" have the same \`searchField\`. Search ` +
      "index fields must be unique within a table. You should combine the indexes with the same `searchField` into one " +
      "index containing all `filterField`s and then use different subsets of the `filterField`s at query time.",
  );
}

function checkVectorIndexes(tableName: string, indexes: readonly VectorIndexJSON[]): void {
  for (const { indexDescriptor: name, vectorField, dimensions, filterFields } of indexes) {
    const problem =
      problemOfName(name) ??
      problemOfSyntax(name, [vectorField, ...filterFields]) ??
      problemOfDimensions(dimensions) ??
      problemOfFilters(filterFields);
    if (problem !== null) throw new Error(`In table "${tableName}": ${problem}`);
  }
  checkUnique(
    indexes,
    ({ vectorField, dimensions }) => `${vectorField} ${dimensions}`,
    (name, other) =>
      `In table "${tableName}" vector index "${name}" and vector index "${other}" have the same \`vectorField\`. Vector ` +
      "index fields must be unique within a table. You should combine the indexes with the same `vectorField` into one " +
      "index containing all `filterField`s and then use different subsets of the `filterField`s at query time.",
  );
}

/**
 * Checks that no two indexes of one kind have the same definition. Indexes of one name are left to `checkNames`.
 *
 * @param definition Returns a text that two indexes share if they are the same.
 */
function checkUnique<Index extends { readonly indexDescriptor: string }>(
  indexes: readonly Index[],
  definition: (index: Index) => string,
  message: (name: string, other: string) => string,
): void {
  // Convex reads the indexes in the order of their names.
  const byName = new Map(indexes.map((index) => [index.indexDescriptor, index]));
  const seen = new Map<string, string>();
  for (const [name, index] of [...byName].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const key = definition(index);
    const other = seen.get(key);
    if (other !== undefined) throw new Error(message(name, other));
    seen.set(key, name);
  }
}

function checkNames(tableName: string, names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    if (isReserved(name)) {
      throw new Error(
        `In table "${tableName}" cannot name an index "${name}" because the name is reserved. Indexes may not start with an ` +
          'underscore or be named "by_id" or "by_creation_time".',
      );
    }
    if (seen.has(name))
      throw new Error(`Table "${tableName}" has two or more definitions of index "${name}".`);
    seen.add(name);
  }
}

/** Convex's own exporters create indexes whose names begin with `_fivetran`. */
function isReserved(name: string): boolean {
  return isBuiltIn(name) || (name.startsWith("_") && !name.startsWith("_fivetran"));
}

function problemOfName(name: string): string | null {
  if (identifierProblem(name) === null) return null;
  return (
    `Invalid index name: "${name}". Identifiers must be 64 characters or less, start with a letter, and only contain ` +
    "letters, digits, underscores."
  );
}

function problemOfSyntax(name: string, paths: readonly string[]): string | null {
  const wrong = paths.find((path) => path.split(".").some((part) => identifierProblem(part) !== null));
  return wrong === undefined ? null : `In index "${name}": Invalid index field: "${wrong}"`;
}

function problemOfFields(name: string, fields: readonly string[]): string | null {
  const problem = problemOfFieldList(fields);
  return problem === null ? null : `In index "${name}": ${problem}`;
}

function problemOfFieldList(fields: readonly string[]): string | null {
  if (fields.length > MAX_INDEX_FIELDS) return `Indexes may have up to ${MAX_INDEX_FIELDS} fields.`;
  if (fields.includes("_id"))
    return "`_id` is not a valid index field. To load documents by ID, use `db.get(id)`.";
  if (fields.includes("_creationTime")) {
    return (
      "`_creationTime` is automatically added to the end of each index. It should not be added explicitly in the index " +
      "definition. See https://docs.convex.dev/using/indexes for more details."
    );
  }
  const twice = fields.find((field, i) => fields.indexOf(field) !== i);
  return twice === undefined
    ? null
    : `Duplicate field "${twice}". Index fields must be unique within an index.`;
}

function problemOfDimensions(dimensions: number): string | null {
  const valid = Number.isInteger(dimensions) && dimensions >= MIN_DIMENSIONS && dimensions <= MAX_DIMENSIONS;
  return valid ? null : `Dimensions ${dimensions} must be between ${MIN_DIMENSIONS} and ${MAX_DIMENSIONS}.`;
}

/** Convex has one message for the filters of both kinds of indexes. */
function problemOfFilters(filterFields: readonly string[]): string | null {
  if (new Set(filterFields).size <= MAX_FILTER_FIELDS) return null;
  return `Search indexes may have up to ${MAX_FILTER_FIELDS} filter fields.`;
}

/** Returns the fields without repetitions, in the order in which Convex reads them. */
function sorted(fields: readonly string[]): string[] {
  return [...new Set(fields)].sort();
}
