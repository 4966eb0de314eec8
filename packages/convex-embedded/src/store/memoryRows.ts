/**
 * The rows of a database that is kept in memory.
 *
 * A state that others may hold, as a snapshot or as a point to return to, is never changed: who writes copies the rows
 * of the index concerned, once, and goes on with the copy.
 */
import { keyAfter } from "../values/keys";
import { encodeId } from "../values/ids";
import type { DocumentRow, StoredRow, WriteAccess } from "./writeAccess";
import { BY_CREATION_TIME, byIdIndex, CatalogState } from "./catalog";
import { internalIdOf } from "./indexKeys";
import type { IndexEntry } from "./indexKeys";
import { copyOf, documentIn, freeze, MemoryCursor } from "./memoryState";
import type { MemoryState } from "./memoryState";
import { SortedRows } from "./sortedRows";
import type { IndexInfo, KeyRange, Reader, RowCursor, Savepoint, TableInfo, TableKey } from "./types";

interface Place {
  readonly table: number;
  readonly internalId: Buffer;
}

export class MemoryRows implements WriteAccess {
  catalog = new CatalogState([]);
  #state: MemoryState = { documents: new Map(), entries: new Map() };
  /** Where each row is: rows are numbered as they are added. */
  readonly #places: Place[] = [];
  #lastIndex = 0;

  /** The state of this moment, for good. */
  freeze(): Reader {
    const state = freeze(this.#state);
    this.#state = copyOf(state);
    return {
      get: (table, internalId) => documentIn(state, table.id, internalId)?.json ?? null,
      scan: (index, range, order) => new MemoryCursor(() => state, index, range, order),
    };
  }

  isOpen(): boolean {
    return true;
  }

  savepoint(): Savepoint {
    const { catalog } = this;
    const before = freeze(this.#state);
    this.#state = copyOf(before);
    return {
      release: () => undefined,
      rollback: () => {
        this.#state = copyOf(before);
        this.catalog = catalog;
      },
    };
  }

  get(table: TableInfo, internalId: Uint8Array): string | null {
    return this.find(table, internalId)?.json ?? null;
  }

  scan(index: IndexInfo, range: KeyRange, order: "asc" | "desc", check: () => void): RowCursor {
    const state = (): MemoryState => {
      check();
      return this.#state;
    };
    return new MemoryCursor(state, index, range, order);
  }

  find(table: TableInfo, internalId: Uint8Array): StoredRow | null {
    return documentIn(this.#state, table.id, internalId) ?? null;
  }

  insertDocument(table: TableInfo, internalId: Uint8Array, json: string): number {
    if (this.find(table, internalId) !== null) {
      const id = encodeId(table.number, internalId);
      throw new Error(`Cannot insert ${id} into "${table.name}": a document with this id exists`);
    }
    const place = { table: table.id, internalId: Buffer.from(internalId) };
    const row = this.#places.push(place) - 1;
    this.#documents(place.table).set(place.internalId, { row, json });
    return row;
  }

  updateDocument(row: number, json: string): void {
    const { table, internalId } = this.#placeOf(row);
    this.#documents(table).set(internalId, { row, json });
  }

  deleteDocument(row: number): void {
    const { table, internalId } = this.#placeOf(row);
    this.#documents(table).delete(internalId);
  }

  insertEntries(_row: number, entries: readonly IndexEntry[]): void {
    for (const { index, key } of entries) this.#entries(index).set(key, null);
  }

  deleteEntries(entries: readonly IndexEntry[]): void {
    for (const { index, key } of entries) this.#entries(index).delete(key);
  }

  createTable(component: string, name: string): TableInfo {
    const key = this.catalog.newKey(component, name);
    const creation = this.createIndex(key, BY_CREATION_TIME, ["_creationTime"]);
    const table = { ...key, name, component, indexes: [byIdIndex(key), creation], documentType: null };
    this.catalog = this.catalog.with(table);
    return table;
  }

  createIndex(table: TableKey, name: string, fields: readonly string[]): IndexInfo {
    const id = ++this.#lastIndex;
    this.#state.entries.set(id, { table: table.id, rows: SortedRows.empty() });
    return { id, name, fields: [...fields] };
  }

  dropIndex({ id }: IndexInfo): void {
    this.#state.entries.delete(id);
  }

  setDocumentType(): void {
    // The catalog has it.
  }

  documentsAfter(index: IndexInfo, after: Buffer, limit: number): DocumentRow[] {
    const found: DocumentRow[] = [];
    const entries = this.#state.entries.get(index.id);
    let entry = entries?.rows.from(keyAfter(after)) ?? null;
    while (entries && entry !== null && found.length < limit) {
      const document = documentIn(this.#state, entries.table, internalIdOf(entry.key));
      if (document) found.push({ key: entry.key, ...document });
      entry = entries.rows.from(keyAfter(entry.key));
    }
    return found;
  }

  #placeOf(row: number): Place {
    const place = this.#places[row];
    if (place === undefined) throw new Error(`There is no row ${row}`);
    return place;
  }

  #documents(table: number): SortedRows<StoredRow> {
    const { documents } = this.#state;
    const rows = (documents.get(table) ?? SortedRows.empty<StoredRow>()).writable();
    documents.set(table, rows);
    return rows;
  }

  #entries(index: number): SortedRows<null> {
    const { entries } = this.#state;
    const found = entries.get(index);
    if (found === undefined) throw new Error(`There is no index ${index}`);
    const rows = found.rows.writable();
    if (rows !== found.rows) entries.set(index, { ...found, rows });
    return rows;
  }
}
