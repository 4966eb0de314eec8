/** Compares a schema with a component's existing tables. */
import type { ValidatorJSON } from "convex/values";
import { checkDefinition, isBuiltIn } from "./definitions";
import { documentTypeOf } from "./documentTypes";
import { isSameSearch, searchFieldsOf } from "./search/searchFields";
import type {
  Catalog,
  ComponentSchema,
  IndexInfo,
  SchemaIndexJSON,
  SchemaTableJSON,
  SearchIndexInfo,
  SearchIndexJSON,
} from "./types";

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
  readonly search: SearchPlan;
}

/** The changes of one table's search indexes. */
export interface SearchPlan {
  /** @property enabled False for a staged index: it is filled, but queries cannot use it. */
  readonly keep: readonly { readonly index: SearchIndexInfo; readonly enabled: boolean }[];
  readonly drop: readonly SearchIndexInfo[];
  readonly add: readonly { readonly wanted: SearchIndexJSON; readonly enabled: boolean }[];
}

/**
 * Plans the changes of all tables of a component. Tables that the schema no longer declares keep their documents and lose their
 * indexes. An index with the same name and other fields is dropped and added. System tables, whose names begin with `_`, do not
 * change.
 *
 * @throws Error if the schema breaks Convex's rules.
 */
export function planSchema(
  catalog: Pick<Catalog, "table" | "tables">,
  { component, schema }: ComponentSchema,
): TablePlan[] {
  const declared = new Map((schema?.tables ?? []).map((table) => [table.tableName, normalized(table)]));
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
      search: planSearch(existing?.searchIndexes ?? [], table),
    };
  });
}

function normalized(table: SchemaTableJSON): SchemaTableJSON {
  return { ...table, documentType: documentTypeOf(table.documentType) };
}

function planSearch(existing: readonly SearchIndexInfo[], table: SchemaTableJSON): SearchPlan {
  const declared = [
    ...(table.searchIndexes ?? []).map((wanted) => ({ wanted, enabled: true })),
    ...(table.stagedSearchIndexes ?? []).map((wanted) => ({ wanted, enabled: false })),
  ];
  const find = (wanted: SearchIndexJSON): SearchIndexInfo | undefined =>
    existing.find(
      (index) => index.name === wanted.indexDescriptor && isSameSearch(index, searchFieldsOf(wanted)),
    );
  const keep = declared.flatMap(({ wanted, enabled }) => {
    const index = find(wanted);
    return index === undefined ? [] : [{ index, enabled }];
  });
  return {
    keep,
    drop: existing.filter((index) => !keep.some((kept) => kept.index === index)),
    add: declared.filter(({ wanted }) => find(wanted) === undefined),
  };
}

/** Returns the name of a table or index with its component, for messages. */
export function qualified(component: string, name: string): string {
  return component ? `${component}:${name}` : name;
}

function isSame(index: IndexInfo, wanted: SchemaIndexJSON): boolean {
  return (
    index.name === wanted.indexDescriptor && JSON.stringify(index.fields) === JSON.stringify(wanted.fields)
  );
}
