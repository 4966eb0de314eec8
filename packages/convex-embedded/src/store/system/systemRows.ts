/** Reads and writes the documents of system tables, which no schema validates and no function writes. */
import type { JSONValue } from "convex/values";
import { jsonToConvex } from "convex/values";
import type { Catalog, IndexInfo, Reader, StoredDocument, TableInfo, Transaction } from "../types";
import { decodeId, encodeId, newInternalId } from "../../values/ids";

/**
 * A component's own system table of that name, which `withSystemTables` has made.
 *
 * @param component the component's path; default `""`, the app.
 */
export function systemTable(catalog: Catalog, name: string, component = ""): TableInfo {
  const table = catalog.table(component, name);
  if (table === null) throw new Error(`There is no system table ${name}: the schema was not applied`);
  return table;
}

/** The system tables of that name of all components, mounted or not. */
export function systemTables(catalog: Catalog, name: string): TableInfo[] {
  return catalog.components().flatMap((component) => catalog.table(component, name) ?? []);
}

export function systemIndex(table: TableInfo, name: string): IndexInfo {
  const index = table.indexes.find((candidate) => candidate.name === name);
  if (index === undefined) throw new Error(`The system table ${table.name} has no index ${name}`);
  return index;
}

/** @returns the id. @param creationTime milliseconds since 1970. */
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

/** Adds a document that has its id already. */
export function insertKnownRow(transaction: Transaction, table: TableInfo, row: StoredDocument): void {
  transaction.insert(table, internalOf(row._id), row);
}

/** The document of that id as Convex values, `null` if it is gone. */
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
  if (decoded === null) throw new Error(`${id} is no id`);
  return decoded.internal;
}
