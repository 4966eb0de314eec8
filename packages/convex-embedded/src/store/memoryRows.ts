/**
 * The rows of an in-memory database.
 *
 * A state that is shared, as a snapshot or a savepoint, is immutable. The first write after that copies the rows of the affected
 * table or index.
 */
import { keyAfter } from "../values/keys";
import { encodeId } from "../values/ids";
import type { DocumentRow, StoredRow, WriteAccess } from "./writeAccess";
import { BY_CREATION_TIME, byIdIndex, CatalogState } from "./catalog";
import { internalIdOf } from "./indexKeys";
import type { IndexEntry } from "./indexKeys";
import { copyOf, documentIn, documentsIn, freeze, MemoryCursor } from "./memoryState";
import type { MemoryState } from "./memoryState";
import { SortedRows } from "./sortedRows";
import type { SearchQuery } from "../search/query";
import { MemorySearch, searchInMemory } from "./search/memorySearch";
import type {
  IndexInfo,
  KeyRange,
  Reader,
  RowCursor,
  Savepoint,
  SearchIndexInfo,
  SearchResults,
  TableInfo,
  TableKey,
} from "./types";

interface RowLocation {
  readonly table: number;
  readonly internalId: Buffer;
}

export class MemoryRows implements WriteAccess {
  catalog = new CatalogState([]);
  readonly searchIndexes = new MemorySearch();
  readonly changes = null;
  #state: MemoryState = { documents: new Map(), entries: new Map() };
  /** The location of each row. Rows are numbered in insertion order. */
  readonly #locations: RowLocation[] = [];
  #lastIndex = 0;

  /** Returns a reader of the current state, which later writes do not change. */
  freeze(): Reader {
    const state = freeze(this.#state);
    this.#state = copyOf(state);
    return {
      catalog: this.catalog,
      get: (table, internalId) => documentIn(state, table.id, internalId)?.json ?? null,
      scan: (index, range, order) => new MemoryCursor(() => state, index, range, order),
      search: (table, index, query) => searchIn(() => state, table, index, query),
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

  search(table: TableInfo, index: SearchIndexInfo, query: SearchQuery, check: () => void): SearchResults {
    const state = (): MemoryState => {
      check();
      return this.#state;
    };
    return searchIn(state, table, index, query);
  }

  find(table: TableInfo, internalId: Uint8Array): StoredRow | null {
    return documentIn(this.#state, table.id, internalId) ?? null;
  }

  insertDocument(table: TableInfo, internalId: Uint8Array, json: string): number {
    if (this.find(table, internalId) !== null) {
      const id = encodeId(table.number, internalId);
      throw new Error(`Cannot insert ${id} into "${table.name}": a document with this id exists`);
    }
    const location = { table: table.id, internalId: Buffer.from(internalId) };
    const row = this.#locations.push(location) - 1;
    this.#documents(location.table).set(location.internalId, { row, json });
    return row;
  }

  updateDocument(row: number, json: string): void {
    const { table, internalId } = this.#locationOf(row);
    this.#documents(table).set(internalId, { row, json });
  }

  deleteDocument(row: number): void {
    const { table, internalId } = this.#locationOf(row);
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
    const indexes = [byIdIndex(key), creation];
    const table = { ...key, name, component, indexes, searchIndexes: [], documentType: null };
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
    // The catalog keeps the document type.
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

  #locationOf(row: number): RowLocation {
    const location = this.#locations[row];
    if (location === undefined) throw new Error(`Row ${row} does not exist`);
    return location;
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
    if (found === undefined) throw new Error(`Index ${index} does not exist`);
    const rows = found.rows.writable();
    if (rows !== found.rows) entries.set(index, { ...found, rows });
    return rows;
  }
}

/** @param state Returns the state at the moment of the call. */
function searchIn(
  state: () => MemoryState,
  table: TableInfo,
  index: SearchIndexInfo,
  query: SearchQuery,
): SearchResults {
  return searchInMemory(
    index,
    query,
    documentsIn(state(), table.id),
    (internalId) => documentIn(state(), table.id, internalId)?.json ?? null,
  );
}
