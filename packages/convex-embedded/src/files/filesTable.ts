/** The documents of stored files. */
import type { Catalog, Reader, TableInfo, Transaction } from "../store/types";
import { decodeId } from "../values/ids";
import { encodeKey, prefixEnd } from "../values/keys";
import type { WrittenFile } from "./filesBytes";
import {
  insertKnownRow,
  insertRow,
  readRow,
  removeRow,
  systemIndex,
  systemTable,
  systemTables,
} from "../store/system/systemRows";
import { STORAGE, STORED_BYTES } from "../store/system/systemTables";

/** A document of `_storage`, as on Convex. */
interface FileRow {
  readonly _id: string;
  /** Base64. */
  readonly sha256: string;
  readonly size: number;
  /** `null` if none was given. (The types of `convex/server` say that the field is absent then.) */
  readonly contentType: string | null;
}

interface BytesRow {
  readonly _id: string;
  readonly uuid: string;
  /** The id of the document in `_storage`. */
  readonly file: string;
}

/** The metadata of a stored file. */
export interface StoredFile extends FileRow {
  /** Identifies its bytes and its URL. */
  readonly uuid: string;
  /** The component that owns the file. */
  readonly component: string;
}

/** The metadata to store. */
export interface NewFile {
  readonly component: string;
  readonly contentType: string | null;
  /** Milliseconds since 1970. */
  readonly creationTime: number;
}

/** Returns the table of a component's files, `null` if the component never had any. */
function filesOf(catalog: Catalog, component: string): TableInfo | null {
  return catalog.table(component, STORAGE);
}

/** True if the id has the form of a component's file id, whether or not the file exists. */
export function isFileId(catalog: Catalog, component: string, id: string): boolean {
  const table = filesOf(catalog, component);
  return table !== null && decodeId(id)?.tableNumber === table.number;
}

/** Inserts the documents of a file whose bytes are on disk. @returns the id of the file. */
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

/** Inserts the documents of an imported file, which already has an id. Its bytes are on disk. */
export function insertKnownFile(
  transaction: Transaction,
  catalog: Catalog,
  { uuid, component, ...document }: StoredFile & { readonly _creationTime: number },
): void {
  insertKnownRow(transaction, systemTable(catalog, STORAGE, component), document);
  const bytes = { uuid, file: document._id };
  insertRow(transaction, systemTable(catalog, STORED_BYTES), document._creationTime, bytes);
}

/** Removes the documents of a file, but not its bytes. */
export function removeFile(transaction: Transaction, catalog: Catalog, file: StoredFile): void {
  const bytes = bytesBy(transaction, catalog, "by_file", file._id);
  removeRow(transaction, systemTable(catalog, STORAGE, file.component), file._id);
  if (bytes) removeRow(transaction, systemTable(catalog, STORED_BYTES), bytes._id);
}

/** Returns a component's file by id, `null` if it does not exist. */
export function fileById(reader: Reader, catalog: Catalog, component: string, id: string): StoredFile | null {
  const table = filesOf(catalog, component);
  const row = table && isFileId(catalog, component, id) ? readRow<FileRow>(reader, table, id) : null;
  const bytes = row && bytesBy(reader, catalog, "by_file", id);
  return bytes ? { ...row, uuid: bytes.uuid, component } : null;
}

/** Returns the file with this UUID, of any component, `null` if it does not exist. */
export function fileByUuid(reader: Reader, catalog: Catalog, uuid: string): StoredFile | null {
  const bytes = bytesBy(reader, catalog, "by_uuid", uuid);
  return bytes && fileOf(reader, catalog, bytes);
}

/** Yields all files of all components, ordered by UUID. */
export function* allFiles(reader: Reader, catalog: Catalog): Generator<StoredFile> {
  if (catalog.table("", STORED_BYTES) === null) return;
  const start = encodeKey([]);
  const index = systemIndex(systemTable(catalog, STORED_BYTES), "by_uuid");
  const rows = reader.scan(index, { start, end: prefixEnd(start) }, "asc");
  for (let row = rows.next(); row !== null; row = rows.next()) {
    const bytes = JSON.parse(row.json) as BytesRow;
    const file = fileOf(reader, catalog, bytes);
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

/** Returns the file of a row. It searches all components: file ids are random, so an id occurs in only one component. */
function fileOf(reader: Reader, catalog: Catalog, { file }: BytesRow): StoredFile | null {
  for (const { component } of systemTables(catalog, STORAGE)) {
    const found = fileById(reader, catalog, component, file);
    if (found) return found;
  }
  return null;
}
