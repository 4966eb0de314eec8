/** Compares a schema with a component's existing tables. */
import type { ValidatorJSON } from "convex/values";
import type { CatalogState } from "./catalog";
import { checkDefinition, isBuiltIn } from "./definitions";
import type { ComponentSchema, IndexInfo, SchemaIndexJSON } from "./types";

/** The changes of one table. */
export interface TablePlan {
  readonly component: string;
  readonly name: string;
  readonly documentType: ValidatorJSON | null;
  /** True if the table exists and its validator changes. */
  readonly retyped: boolean;
  readonly keep: readonly IndexInfo[];
  readonly drop: readonly IndexInfo[];
  readonly add: readonly SchemaIndexJSON[];
}

/**
 * Plans the changes of all tables of a component. Tables that the schema no longer declares keep their documents and lose their
 * indexes. An index with the same name and other fields is dropped and added. System tables, whose names begin with `_`, do not
 * change.
 *
 * @throws Error if the schema breaks Convex's rules.
 */
export function planSchema(catalog: CatalogState, { component, schema }: ComponentSchema): TablePlan[] {
  const declared = new Map((schema?.tables ?? []).map((table) => [table.tableName, table]));
  for (const table of declared.values()) checkDefinition(table, schema?.schemaValidation ?? false);
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
