/** Changes the tables, validators and indexes of the database to match the given schemas. */
import { setImmediate as turn } from "node:timers/promises";
import { jsonToConvex } from "convex/values";
import type { JSONValue } from "convex/values";
import { decodeId, encodeId } from "../values/ids";
import { checkSchema } from "../values/documents";
import type { IdNames } from "../values/matches";
import type { DocumentRow, WriteAccess } from "./writeAccess";
import { byIdIndex, creationIndex } from "./catalog";
import { entriesOfJson, internalIdOf } from "./indexKeys";
import type { SearchPlan, TablePlan } from "./schemaPlan";
import { planSchema, qualified } from "./schemaPlan";
import type {
  Catalog,
  ComponentSchema,
  IndexInfo,
  SearchIndexInfo,
  StoredDocument,
  TableInfo,
} from "./types";

type Progress = (line: string) => void;

/** The number of documents between turns of the event loop, and between progress lines for one table. */
const BATCH = 500;
const DOCUMENTS_PER_LINE = 50_000;
const PROBLEMS_LISTED = 10;

/** One document that a new schema forbids. */
export interface SchemaProblem {
  readonly component: string;
  readonly table: string;
  readonly id: string;
  /** Convex's message. */
  readonly problem: string;
}

/** Existing documents do not match the new schema. Nothing was changed. */
export class SchemaRefused extends Error {
  override readonly name = "SchemaRefused";

  /** @param problems The first problems. @param total The number of all problems. */
  constructor(
    readonly problems: readonly SchemaProblem[],
    readonly total: number,
  ) {
    const lines = problems.map(({ component, table, id, problem }) => {
      const of = component ? ` of component "${component}"` : "";
      const text = `Document with ID "${id}" in table "${table}"${of} does not match the schema: ${problem}`;
      return `- ${text.replaceAll("\n", "\n  ")}`;
    });
    const listed = total > problems.length ? ` The first ${problems.length}:` : "";
    const count = total === 1 ? "1 document does" : `${total} documents do`;
    super(
      `Schema validation failed: ${count} not match the schema, and nothing was changed.${listed}\n` +
        `${lines.join("\n")}\nChange these documents with the previous schema, or make the new schema accept them.`,
    );
  }
}

/**
 * Applies schemas within the writer's open transaction. Rejects if a schema is invalid or documents do not match: the caller
 * must then roll back. Reads no documents if no schema has changed.
 */
export async function applySchemas(
  writes: WriteAccess,
  schemas: readonly ComponentSchema[],
  progress: Progress,
): Promise<void> {
  const plans = await checkedPlans(writes, schemas, progress);
  const changed: TableInfo[] = [];
  for (const plan of plans) changed.push(await changeTable(writes, plan, progress));
  // Update the catalog in one step, right before the commit: until then, queries need the indexes of their snapshots.
  writes.catalog = changed.reduce((catalog, table) => catalog.with(table), writes.catalog);
}

/** Creates and fills the indexes that the schemas add to existing tables under new names. See `DiskStore.fillIndexes`. */
export async function addIndexes(
  writes: WriteAccess,
  schemas: readonly ComponentSchema[],
  progress: Progress,
): Promise<void> {
  const changed: TableInfo[] = [];
  for (const { component, name, add } of schemas.flatMap((schema) => planSchema(writes.catalog, schema))) {
    const table = writes.catalog.table(component, name);
    const wanted = add.filter(
      ({ indexDescriptor }) => !table?.indexes.some((index) => index.name === indexDescriptor),
    );
    if (table === null || wanted.length === 0) continue;
    const added = await createAndFill(writes, table, wanted, progress);
    changed.push({ ...table, indexes: [...table.indexes, ...added] });
  }
  writes.catalog = changed.reduce((catalog, table) => catalog.with(table), writes.catalog);
}

/** Rejects if `applySchemas` would. Creates tables: the caller must roll back in any case. */
export async function checkSchemas(writes: WriteAccess, schemas: readonly ComponentSchema[]): Promise<void> {
  await checkedPlans(writes, schemas, () => undefined);
}

async function checkedPlans(
  writes: WriteAccess,
  schemas: readonly ComponentSchema[],
  progress: Progress,
): Promise<readonly TablePlan[]> {
  const plans = schemas.flatMap((schema) => planSchema(writes.catalog, schema));
  // Create all tables first: a validator may refer to any of them.
  for (const { component, name } of plans) {
    if (!writes.catalog.table(component, name)) writes.createTable(component, name);
  }
  await checkDocuments(writes, plans, progress);
  return plans;
}

/** Resolves ids from within one component, which sees only its own tables. */
function idNames(catalog: () => Catalog, component: string): IdNames {
  return {
    tableOf(id) {
      const decoded = decodeId(id);
      const table = decoded && catalog().tableByNumber(component, decoded.tableNumber);
      return table?.name ?? null;
    },
  };
}

async function checkDocuments(
  writes: WriteAccess,
  plans: readonly TablePlan[],
  progress: Progress,
): Promise<void> {
  const problems: SchemaProblem[] = [];
  let total = 0;
  for (const { component, name, documentType, retyped } of plans) {
    if (!retyped || documentType === null || documentType.type === "any") continue;
    const table = tableOf(writes, component, name);
    const ids = idNames(() => writes.catalog, component);
    const checking = `checking ${qualified(component, name)} against the schema`;
    const before = total;
    await eachDocument(writes, table, checking, progress, ({ key, json }) => {
      const document = jsonToConvex(JSON.parse(json) as JSONValue) as StoredDocument;
      const problem = checkSchema(documentType, document, ids);
      if (problem === null) return;
      total++;
      if (problems.length < PROBLEMS_LISTED) {
        problems.push({ component, table: name, id: encodeId(table.number, internalIdOf(key)), problem });
      }
    });
    if (total === before) progress(`${qualified(component, name)} matches the schema`);
  }
  if (total > 0) throw new SchemaRefused(problems, total);
}

/** Changes one table in the database. Returns its new definition. */
async function changeTable(writes: WriteAccess, plan: TablePlan, progress: Progress): Promise<TableInfo> {
  const table = tableOf(writes, plan.component, plan.name);
  writes.setDocumentType(table, plan.documentType);
  for (const index of plan.drop) {
    writes.dropIndex(index);
    progress(`index ${qualified(plan.component, `${plan.name}.${index.name}`)} dropped`);
  }
  const added = await createAndFill(writes, table, plan.add, progress);
  return {
    ...table,
    documentType: plan.documentType,
    indexes: [byIdIndex(table), creationIndex(table), ...plan.keep, ...added],
    searchIndexes: changeSearchIndexes(writes, table, plan.search, progress),
  };
}

/**
 * Changes the search indexes of one table in the database. Returns all of them. `fillSearchIndexes` has created and filled those
 * that are new in a table with documents.
 */
function changeSearchIndexes(
  writes: WriteAccess,
  table: TableInfo,
  { keep, drop, add }: SearchPlan,
  progress: Progress,
): SearchIndexInfo[] {
  for (const index of drop) {
    writes.searchIndexes.dropIndex(table, index);
    progress(`search index ${qualified(table.component, `${table.name}.${index.name}`)} dropped`);
  }
  return [
    ...keep.map(({ index, enabled }) =>
      index.enabled === enabled ? index : writes.searchIndexes.enableIndex(index, enabled),
    ),
    ...add.map(({ wanted, enabled }) => writes.searchIndexes.createIndex(table, wanted, enabled)),
  ];
}

async function createAndFill(
  writes: WriteAccess,
  table: TableInfo,
  wanted: TablePlan["add"],
  progress: Progress,
): Promise<readonly IndexInfo[]> {
  const added = wanted.map(({ indexDescriptor, fields }) =>
    writes.createIndex(table, indexDescriptor, fields),
  );
  if (added.length > 0) await fill(writes, table, added, progress);
  return added;
}

/** Writes the entries of new indexes for all documents, in one pass. */
async function fill(
  writes: WriteAccess,
  table: TableInfo,
  indexes: readonly IndexInfo[],
  progress: Progress,
): Promise<void> {
  const names = indexes.map(({ name }) => qualified(table.component, `${table.name}.${name}`)).join(", ");
  const count = await eachDocument(
    writes,
    table,
    `filling index ${names}`,
    progress,
    ({ key, json, row }) => {
      writes.insertEntries(row, entriesOfJson(indexes, internalIdOf(key), json));
    },
  );
  if (count > 0) progress(`index ${names} filled with ${count} documents`);
}

/** Visits all documents of a table in creation order. Returns their number. */
async function eachDocument(
  writes: WriteAccess,
  table: TableInfo,
  activity: string,
  progress: Progress,
  visit: (document: DocumentRow) => void,
): Promise<number> {
  const index = creationIndex(table);
  let last: Buffer = Buffer.alloc(0);
  for (let count = 0; ;) {
    const batch = writes.documentsAfter(index, last, BATCH);
    for (const document of batch) {
      visit(document);
      last = document.key;
    }
    count += batch.length;
    if (batch.length < BATCH) return count;
    if (count % DOCUMENTS_PER_LINE === 0) progress(`${activity}: ${count} documents so far`);
    await turn();
  }
}

function tableOf(writes: WriteAccess, component: string, name: string): TableInfo {
  const table = writes.catalog.table(component, name);
  if (!table) throw new Error(`Table ${qualified(component, name)} does not exist`);
  return table;
}
