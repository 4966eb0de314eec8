/** The documents of stored files. */
import type { Catalog, Reader, StoredDocument, TableInfo, Transaction } from "../store/types";
import { decodeId } from "../values/ids";
import { encodeKey, prefixEnd } from "../values/keys";
import type { WrittenFile } from "./filesDisk";
import { insertRow, readRow, removeRow, systemIndex, systemTable } from "./systemRows";
import { STORAGE, STORED_BYTES } from "./systemTables";

/** A document of `_storage`, as Convex has them. */
interface FileRow {
  readonly _id: string;
  /** Base64. */
  readonly sha256: string;
  readonly size: number;
  /** `null` where none was given, though the types of `convex/server` say that the field is absent then. */
  readonly contentType: string | null;
}

interface BytesRow {
  readonly _id: string;
  readonly uuid: string;
  /** Id of the document in `_storage`. */
  readonly file: string;
}

/** What is known of a stored file. */
export interface StoredFile extends FileRow {
  /** Names its bytes, and so its URL. */
  readonly uuid: string;
}

/** What is to be stored of it. */
export interface NewFile {
  readonly component: string;
  readonly contentType: string | null;
  /** Milliseconds since 1970. */
  readonly creationTime: number;
}

/** The table of a component's files, `null` in one that never had any. */
function filesOf(catalog: Catalog, component: string): TableInfo | null {
  return catalog.table(component, STORAGE);
}

/** True if the id is one of a component's files, there or not. */
export function isFileId(catalog: Catalog, component: string, id: string): boolean {
  const table = filesOf(catalog, component);
  return table !== null && decodeId(id)?.tableNumber === table.number;
}

/** Makes the documents of a file whose bytes are on disk. @returns its id. */
export function insertFile(
  transaction: Transaction,
  catalog: Catalog,
  { uuid, size, sha256 }: WrittenFile,
  { component, contentType, creationTime }: NewFile,
): string {
  const table = filesOf(catalog, component) ?? transaction.createTable(component, STORAGE);
  const fields = { sha256: sha256.toString("base64"), size, contentType };
  const file = insertRow(transaction, table, creationTime, fields);
  insertRow(transaction, systemTable(catalog, STORED_BYTES), creationTime, { uuid, file });
  return file;
}

/** Removes the documents of a file. Its bytes are another matter. */
export function removeFile(transaction: Transaction, catalog: Catalog, file: StoredFile): void {
  const bytes = bytesBy(transaction, catalog, "by_file", file._id);
  const table = tableOf(catalog, file._id);
  if (table) removeRow(transaction, table, file._id);
  if (bytes) removeRow(transaction, systemTable(catalog, STORED_BYTES), bytes._id);
}

/** The file of that id, `null` if there is none. */
export function fileById(reader: Reader, catalog: Catalog, id: string): StoredFile | null {
  const table = tableOf(catalog, id);
  const row = table && readRow<FileRow & StoredDocument>(reader, table, id);
  const bytes = row && bytesBy(reader, catalog, "by_file", id);
  return bytes ? { ...row, uuid: bytes.uuid } : null;
}

/** The file with these bytes, of whichever component, `null` if there is none. */
export function fileByUuid(reader: Reader, catalog: Catalog, uuid: string): StoredFile | null {
  const bytes = bytesBy(reader, catalog, "by_uuid", uuid);
  return bytes && fileById(reader, catalog, bytes.file);
}

/** All files, of all components, by UUID. */
export function* allFiles(reader: Reader, catalog: Catalog): Generator<StoredFile> {
  if (catalog.table("", STORED_BYTES) === null) return;
  const start = encodeKey([]);
  const index = systemIndex(systemTable(catalog, STORED_BYTES), "by_uuid");
  const rows = reader.scan(index, { start, end: prefixEnd(start) }, "asc");
  for (let row = rows.next(); row !== null; row = rows.next()) {
    const bytes = JSON.parse(row.json) as BytesRow;
    const file = fileById(reader, catalog, bytes.file);
    if (file) yield file;
  }
}

function bytesBy(
  reader: Reader,
  catalog: Catalog,
  index: "by_uuid" | "by_file",
  value: string,
): BytesRow | null {
  const start = encodeKey([value]);
  const found = systemIndex(systemTable(catalog, STORED_BYTES), index);
  const row = reader.scan(found, { start, end: prefixEnd(start) }, "asc").next();
  return row && (JSON.parse(row.json) as BytesRow);
}

function tableOf(catalog: Catalog, id: string): TableInfo | null {
  const decoded = decodeId(id);
  const table = decoded && catalog.tableByNumber(decoded.tableNumber);
  return table?.name === STORAGE ? table : null;
}
