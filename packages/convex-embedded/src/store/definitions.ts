/**
 * Convex's rules for the tables and indexes of a schema. They do not depend on the documents.
 *
 * Source: `crates/common/src/schemas/json.rs` and `bootstrap_model/index` of get-convex/convex-backend.
 */
import type { ValidatorJSON } from "convex/values";
import { BY_CREATION_TIME, BY_ID } from "./catalog";
import type { SchemaIndexJSON, SchemaTableJSON, SearchIndexJSON, VectorIndexJSON } from "./types";

const MAX_INDEXES = 64;
const MAX_INDEX_FIELDS = 16;
const MAX_FILTER_FIELDS = 16;
const MIN_DIMENSIONS = 2;
const MAX_DIMENSIONS = 4096;
const NAME = /^[a-zA-Z][a-zA-Z0-9_]{0,63}$/;
const PATH = /^[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)*$/;

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
  const { tableName, indexes } = table;
  if (tableName.startsWith("_")) return;
  if (!NAME.test(tableName)) {
    throw new Error(
      `Invalid table name: "${tableName}". Identifiers must start with a letter and can only contain letters, digits, ` +
        "and underscores.",
    );
  }
  const searches = [...(table.searchIndexes ?? []), ...(table.stagedSearchIndexes ?? [])];
  const vectors = [...(table.vectorIndexes ?? []), ...(table.stagedVectorIndexes ?? [])];
  if (indexes.length + searches.length + vectors.length > MAX_INDEXES) {
    throw new Error(`Table "${tableName}" cannot have more than ${MAX_INDEXES} indexes.`);
  }
  const names = new Set<string>();
  const lists = new Map<string, string>();
  for (const { indexDescriptor: name, fields } of indexes) {
    const problem =
      problemOfName(name, names) ?? problemOfFields(fields) ?? problemOfPaths(table, fields, validates);
    if (problem !== null)
      throw new Error(`In table "${tableName}" the index "${name}" is invalid because ${problem}`);
    const other = lists.get(fields.join());
    if (other !== undefined) {
      throw new Error(
        `In table "${tableName}" index "${other}" and index "${name}" have the same fields. Indexes must be unique within ` +
          "a table.",
      );
    }
    names.add(name);
    lists.set(fields.join(), name);
  }
  checkSearchIndexes(table, searches, names, validates);
  checkVectorIndexes(table, vectors, names, validates);
}

/** @param names The names of the table's other indexes. */
function checkSearchIndexes(
  table: SchemaTableJSON,
  indexes: readonly SearchIndexJSON[],
  names: Set<string>,
  validates: boolean,
): void {
  const { tableName } = table;
  const definitions = new Map<string, string>();
  for (const { indexDescriptor: name, searchField, filterFields } of indexes) {
    const filters = [...new Set(filterFields)].sort();
    if (filters.length > MAX_FILTER_FIELDS) {
      throw new Error(
        `In table "${tableName}": Search indexes may have up to ${MAX_FILTER_FIELDS} filter fields.`,
      );
    }
    const paths = [searchField, ...filters];
    const problem =
      problemOfName(name, names) ?? problemOfSyntax(paths) ?? problemOfPaths(table, paths, validates);
    if (problem !== null)
      throw new Error(`In table "${tableName}" the index "${name}" is invalid because ${problem}`);
    const definition = paths.join();
    const other = definitions.get(definition);
    if (other !== undefined) {
      throw new Error(
        `In table "${tableName}" search index "${other}" and search index "${name}" have the same \`searchField\`. Search ` +
          "index fields must be unique within a table. You should combine the indexes with the same `searchField` into one " +
          "index containing all `filterField`s and then use different subsets of the `filterField`s at query time.",
      );
    }
    names.add(name);
    definitions.set(definition, name);
  }
}

/** @param names The names of the table's other indexes. */
function checkVectorIndexes(
  table: SchemaTableJSON,
  indexes: readonly VectorIndexJSON[],
  names: Set<string>,
  validates: boolean,
): void {
  const { tableName, documentType } = table;
  const definitions = new Map<string, string>();
  for (const { indexDescriptor: name, vectorField, dimensions, filterFields } of indexes) {
    const filters = [...new Set(filterFields)];
    if (filters.length > MAX_FILTER_FIELDS) {
      throw new Error(
        `In table "${tableName}": Vector indexes may have up to ${MAX_FILTER_FIELDS} filter fields.`,
      );
    }
    if (!Number.isInteger(dimensions) || dimensions < MIN_DIMENSIONS || dimensions > MAX_DIMENSIONS) {
      throw new Error(
        `In table "${tableName}" the vector index "${name}" is invalid: Dimensions ${dimensions} must be between ` +
          `${MIN_DIMENSIONS} and ${MAX_DIMENSIONS}.`,
      );
    }
    const paths = [vectorField, ...filters];
    const problem =
      problemOfName(name, names) ?? problemOfSyntax(paths) ?? problemOfPaths(table, paths, validates);
    if (problem !== null)
      throw new Error(`In table "${tableName}" the index "${name}" is invalid because ${problem}`);
    if (validates && !canContain(documentType, vectorField.split("."), canBeVector)) {
      throw new Error(
        `In table "${tableName}" the vector index "${name}" is invalid because it references the field ${vectorField} that is ` +
          "neither an array of float64 or optional array of float64.",
      );
    }
    const definition = `${vectorField} ${dimensions}`;
    const other = definitions.get(definition);
    if (other !== undefined) {
      throw new Error(
        `In table "${tableName}" vector index "${other}" and vector index "${name}" have the same \`vectorField\`. Vector ` +
          "index fields must be unique within a table. You should combine the indexes with the same `vectorField` into one " +
          "index containing all `filterField`s and then use different subsets of the `filterField`s at query time.",
      );
    }
    names.add(name);
    definitions.set(definition, name);
  }
}

function canBeVector(validator: ValidatorJSON): boolean {
  if (validator.type === "any") return true;
  if (validator.type === "union") return validator.value.some(canBeVector);
  return validator.type === "array" && ["number", "any"].includes(validator.value.type);
}

function problemOfName(name: string, others: ReadonlySet<string>): string | null {
  if (isBuiltIn(name)) return "every table has an index of that name";
  if (others.has(name)) return "the table has another index of that name";
  if (NAME.test(name)) return null;
  return "a name must begin with a letter, contain only letters, digits and underscores, and be at most 64 characters long";
}

function problemOfFields(fields: SchemaIndexJSON["fields"]): string | null {
  if (fields.length === 0) return "it has no fields";
  if (fields.length > MAX_INDEX_FIELDS) return `indexes may have up to ${MAX_INDEX_FIELDS} fields`;
  for (const [i, field] of fields.entries()) {
    if (field === "_id")
      return "`_id` is not a valid index field. To load documents by ID, use `db.get(id)`.";
    if (field === "_creationTime") {
      return "`_creationTime` is automatically added to the end of each index. It should not be added explicitly.";
    }
    const problem = problemOfSyntax([field]);
    if (problem !== null) return problem;
    if (field.split(".").some((part) => part.startsWith("_")))
      return "fields that begin with `_` are reserved";
    if (fields.indexOf(field) !== i) return `it has the field ${field} twice`;
  }
  return null;
}

function problemOfSyntax(paths: readonly string[]): string | null {
  for (const path of paths) {
    if (!PATH.test(path)) return `"${path}" is not a field path`;
  }
  return null;
}

function problemOfPaths(
  { documentType }: SchemaTableJSON,
  fields: SchemaIndexJSON["fields"],
  validates: boolean,
): string | null {
  const impossible = fields.find((field) => validates && !canContain(documentType, field.split(".")));
  return impossible === undefined ? null : `it references the field ${impossible} that does not exist.`;
}

/**
 * True if a document of this type can have a field at this path.
 *
 * @param accepts Decides about the type of the field.
 */
function canContain(
  validator: ValidatorJSON | null,
  path: readonly string[],
  accepts: (field: ValidatorJSON) => boolean = () => true,
): boolean {
  const [name, ...rest] = path;
  if (validator === null || validator.type === "any") return true;
  if (name === undefined) return accepts(validator);
  if (validator.type === "union") return validator.value.some((member) => canContain(member, path, accepts));
  if (validator.type !== "object") return false;
  const field = Object.hasOwn(validator.value, name) ? validator.value[name] : undefined;
  return field !== undefined && canContain(field.fieldType, rest, accepts);
}
