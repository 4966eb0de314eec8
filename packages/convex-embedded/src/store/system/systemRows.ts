/** Reads and writes documents of system tables. Schemas do not validate them, and functions cannot write them. */
import type { JSONValue } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { Catalog, IndexInfo, Reader, StoredDocument, TableInfo, Transaction } from "../types";
import { decodeId, encodeId, newInternalId } from "../../values/ids";

/**
 * Returns a component's system table. `withSystemTables` adds it to the schema.
 *
 * @param component The component's path. Default `""`, the app.
 */
export function systemTable(catalog: Catalog, name: string, component = ""): TableInfo {
  const table = catalog.table(component, name);
  if (table === null) throw new Error(`System table ${name} does not exist: the schema was not applied`);
  return table;
}

/** Returns the system tables of that name of all components, mounted or not. */
export function systemTables(catalog: Catalog, name: string): TableInfo[] {
  return catalog.components().flatMap((component) => catalog.table(component, name) ?? []);
}

export function systemIndex(table: TableInfo, name: string): IndexInfo {
  const index = table.indexes.find((candidate) => candidate.name === name);
  if (index === undefined) throw new Error(`The system table ${table.name} has no index ${name}`);
  return index;
}

/** Inserts a document. @param creationTime Milliseconds since 1970. @returns the document's id. */
export function insertRow(
  transaction: Transaction,
  table: TableInfo,
  creationTime: number,
  fields: Omit<StoredDocument, "_id" | "_creationTime">,
): string {
  const internal = newInternalId();
  const _id = encodeId(table.number, internal);
  transaction.insert(table, internal, { ...fields, _id, _creationTime: creationTime });
  return _id;
}

/** Inserts a document that already has an id. */
export function insertKnownRow(transaction: Transaction, table: TableInfo, row: StoredDocument): void {
  transaction.insert(table, internalOf(row._id), row);
}

/** Returns a document as Convex values, `null` if it does not exist. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- here stored JSON gets its type
export function readRow<Row>(reader: Reader, table: TableInfo, id: string): Row | null {
  const json = reader.get(table, internalOf(id));
  return json === null ? null : (jsonToConvex(JSON.parse(json) as JSONValue) as Row);
}

export function replaceRow(transaction: Transaction, table: TableInfo, row: StoredDocument): void {
  transaction.replace(table, internalOf(row._id), row);
}

export function removeRow(transaction: Transaction, table: TableInfo, id: string): void {
  transaction.remove(table, internalOf(id));
}

function internalOf(id: string): Uint8Array {
  const decoded = decodeId(id);
  if (decoded === null) throw new Error(`${id} is not an id`);
  return decoded.internal;
}
