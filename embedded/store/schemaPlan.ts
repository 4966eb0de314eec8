/** What a schema asks of a component's tables, compared with what there is. */
import type { ValidatorJSON } from "convex/values";
import { BY_CREATION_TIME, BY_ID } from "./catalog";
import type { CatalogState } from "./catalog";
import type { ComponentSchema, IndexInfo, SchemaIndexJSON, SchemaTableJSON } from "./types";

/** The changes of one table. */
export interface TablePlan {
  readonly component: string;
  readonly name: string;
  readonly documentType: ValidatorJSON | null;
  /** The table is there, and its validator is another one. */
  readonly retyped: boolean;
  readonly keep: readonly IndexInfo[];
  readonly drop: readonly IndexInfo[];
  readonly add: readonly SchemaIndexJSON[];
}

/**
 * The plan for all tables of a component: those that the schema names, and those that it no longer names, which keep
 * their documents and lose their indexes. An index with the same name and other fields is dropped and added. Tables
 * whose names begin with `_` belong to the runtime and are left alone.
 *
 * @throws Error for a schema that Convex refuses too: an index of a field that no document can have, two indexes of
 * one name, or one with a built-in index's name.
 */
export function planSchema(catalog: CatalogState, { component, schema }: ComponentSchema): TablePlan[] {
  const declared = new Map((schema?.tables ?? []).map((table) => [table.tableName, table]));
  for (const table of declared.values()) checkIndexes(table, schema?.schemaValidation ?? false);
  for (const { name } of catalog.tables(component)) {
    if (!declared.has(name) && !name.startsWith("_")) {
      declared.set(name, { tableName: name, indexes: [], documentType: null });
    }
  }
  return [...declared.values()].map((table) => {
    const existing = catalog.table(component, table.tableName);
    const own = (existing?.indexes ?? []).filter(({ name }) => !isBuiltIn(name));
    const keep = own.filter((index) => table.indexes.some((wanted) => isSame(index, wanted)));
    const documentType = schema?.schemaValidation ? table.documentType : null;
    return {
      component,
      name: table.tableName,
      documentType,
      retyped: existing !== null && JSON.stringify(existing.documentType) !== JSON.stringify(documentType),
      keep,
      drop: own.filter((index) => !keep.includes(index)),
      add: table.indexes.filter((wanted) => !keep.some((index) => isSame(index, wanted))),
    };
  });
}

function isSame(index: IndexInfo, wanted: SchemaIndexJSON): boolean {
  return (
    index.name === wanted.indexDescriptor && JSON.stringify(index.fields) === JSON.stringify(wanted.fields)
  );
}

function isBuiltIn(name: string): boolean {
  return name === BY_ID || name === BY_CREATION_TIME;
}

function checkIndexes(table: SchemaTableJSON, validates: boolean): void {
  const seen = new Set<string>();
  for (const { indexDescriptor: name, fields } of table.indexes) {
    const invalid = `In table "${table.tableName}" the index "${name}" is invalid because`;
    if (isBuiltIn(name)) throw new Error(`${invalid} every table has an index of that name`);
    if (seen.has(name)) throw new Error(`${invalid} the table has another index of that name`);
    if (fields.length === 0) throw new Error(`${invalid} it has no fields`);
    seen.add(name);
    const impossible = fields.find((field) => validates && !canContain(table.documentType, field.split(".")));
    if (impossible !== undefined) {
      throw new Error(`${invalid} it references the field ${impossible} that does not exist.`);
    }
  }
}

/** Whether some document of this type can have a field at this path. */
function canContain(validator: ValidatorJSON | null, path: readonly string[]): boolean {
  const [name, ...rest] = path;
  if (name === undefined || validator === null || validator.type === "any") return true;
  if (path.length === 1 && (name === "_id" || name === "_creationTime")) return true;
  if (validator.type === "union") return validator.value.some((member) => canContain(member, path));
  if (validator.type !== "object") return false;
  const field = Object.hasOwn(validator.value, name) ? validator.value[name] : undefined;
  return field !== undefined && canContain(field.fieldType, rest);
}
