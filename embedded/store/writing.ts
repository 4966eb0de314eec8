/** The statements of the connection that writes, and the catalog as that connection sees it. */
import { SqliteError } from "better-sqlite3";
import type { Statement } from "better-sqlite3";
import { encodeId } from "../values/ids";
import { BY_CREATION_TIME, byId, loadCatalog } from "./catalog";
import type { CatalogState } from "./catalog";
import type { IndexEntry } from "./indexKeys";
import type { Connection } from "./layout";
import { Reads } from "./reading";
import type { IndexInfo, TableInfo } from "./types";

/** A document as it lies in its table. */
export interface StoredRow {
  readonly row: number;
  readonly json: string;
}

export class Writes {
  readonly reads: Reads;
  catalog: CatalogState;
  /** Grows with every change of rows or entries: cursors of the transaction drop what they read ahead. */
  changes = 0;

  readonly #find: Statement<[number, Uint8Array], StoredRow>;
  readonly #insert: Statement<[number, Uint8Array, string]>;
  readonly #update: Statement<[string, number]>;
  readonly #delete: Statement<[number]>;
  readonly #insertEntry: Statement<[number, Buffer, number]>;
  readonly #deleteEntry: Statement<[number, Buffer]>;

  constructor(readonly db: Connection) {
    this.reads = new Reads(db);
    this.catalog = loadCatalog(db);
    this.#find = db.prepare("SELECT row, json FROM documents WHERE table_number = ? AND internal_id = ?");
    this.#insert = db.prepare("INSERT INTO documents (table_number, internal_id, json) VALUES (?, ?, ?)");
    this.#update = db.prepare("UPDATE documents SET json = ? WHERE row = ?");
    this.#delete = db.prepare("DELETE FROM documents WHERE row = ?");
    this.#insertEntry = db.prepare("INSERT INTO index_entries (index_id, key, document) VALUES (?, ?, ?)");
    this.#deleteEntry = db.prepare("DELETE FROM index_entries WHERE index_id = ? AND key = ?");
  }

  find(table: TableInfo, internalId: Uint8Array): StoredRow | null {
    return this.#find.get(table.number, internalId) ?? null;
  }

  /** Adds a document and returns its row. Throws if its id is taken. */
  insertDocument(table: TableInfo, internalId: Uint8Array, json: string): number {
    this.changes++;
    try {
      return Number(this.#insert.run(table.number, internalId, json).lastInsertRowid);
    } catch (error) {
      if (!(error instanceof SqliteError) || error.code !== "SQLITE_CONSTRAINT_UNIQUE") throw error;
      const id = encodeId(table.number, internalId);
      throw new Error(`Cannot insert ${id} into "${table.name}": a document with this id exists`, {
        cause: error,
      });
    }
  }

  updateDocument(row: number, json: string): void {
    this.changes++;
    this.#update.run(json, row);
  }

  deleteDocument(row: number): void {
    this.changes++;
    this.#delete.run(row);
  }

  /** Adds entries of one document. (One statement for each: a list of VALUES goes through a temporary table.) */
  insertEntries(row: number, entries: readonly IndexEntry[]): void {
    this.changes++;
    for (const { index, key } of entries) this.#insertEntry.run(index, key, row);
  }

  /** Removes entries. */
  deleteEntries(entries: readonly IndexEntry[]): void {
    this.changes++;
    for (const { index, key } of entries) this.#deleteEntry.run(index, key);
  }

  /** Adds a table with the two indexes that every table has. */
  createTable(component: string, name: string): TableInfo {
    const number = this.catalog.nextNumber();
    this.db
      .prepare("INSERT INTO tables (number, component, name) VALUES (?, ?, ?)")
      .run(number, component, name);
    const creation = this.createIndex(number, BY_CREATION_TIME, ["_creationTime"]);
    const table = { number, name, component, indexes: [byId(number), creation], documentType: null };
    this.catalog = this.catalog.with(table);
    return table;
  }

  /** Adds an index to the database, without entries and not yet in the catalog. */
  createIndex(tableNumber: number, name: string, fields: readonly string[]): IndexInfo {
    const { lastInsertRowid } = this.db
      .prepare("INSERT INTO indexes (table_number, name, fields) VALUES (?, ?, ?)")
      .run(tableNumber, name, JSON.stringify(fields));
    return { id: Number(lastInsertRowid), name, fields: [...fields] };
  }
}
