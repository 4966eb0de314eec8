/** The statements of the write connection, and the catalog as that connection sees it. */
import type { ValidatorJSON } from "convex/values";
import { encodeId } from "../values/ids";
import type { DocumentRow, StoredRow, WriteAccess } from "./writeAccess";
import { BY_CREATION_TIME, byIdIndex, loadCatalog } from "./catalog";
import type { CatalogState } from "./catalog";
import type { ChangeLog } from "./changes/changeLog";
import { explainError } from "./corruption";
import type { IndexEntry } from "./indexKeys";
import { ReadStatements } from "./readStatements";
import { bufferOf } from "./sqlite";
import type { Connection, Statement } from "./sqlite";
import { SqliteError } from "./sqliteError";
import type { SearchQuery } from "../search/query";
import { SqliteSearch } from "./search/sqliteSearch";
import type {
  IndexInfo,
  KeyRange,
  RowCursor,
  Savepoint,
  SearchIndexInfo,
  SearchResults,
  TableInfo,
  TableKey,
} from "./types";

/** A row and where it was found: in an index, at a position that ends with its internal id. */
interface LastRead extends StoredRow {
  /** The id of the index. */
  readonly index: number;
  readonly position: Uint8Array;
  /** It is the present row as long as the connection has this version. */
  readonly version: number;
}

export class WriteConnection implements WriteAccess {
  catalog: CatalogState;
  /** Incremented at every change of rows or entries, so that cursors of the transaction drop prefetched rows. */
  version = 0;

  /** The row that was read last: functions often read a document and then replace it. */
  #lastRead: LastRead | null = null;
  readonly searchIndexes: SqliteSearch;
  readonly reads: ReadStatements;

  readonly #find: Statement<[number, Uint8Array], [row: number, json: string]>;
  readonly #insert: Statement<[number, Uint8Array, string]>;
  readonly #update: Statement<[string, number]>;
  readonly #delete: Statement<[number]>;
  readonly #insertEntry: Statement<[number, Buffer, number]>;
  readonly #deleteEntry: Statement<[number, Buffer]>;

  /** @param changes The change log, `null` if none is kept. */
  constructor(
    readonly db: Connection,
    readonly changes: ChangeLog | null,
  ) {
    this.reads = new ReadStatements(db);
    this.searchIndexes = new SqliteSearch(db);
    this.catalog = loadCatalog(db);
    this.#find = db
      .prepare<[number, Uint8Array], [row: number, json: string]>(
        "SELECT row, json FROM documents WHERE table_id = ? AND internal_id = ?",
      )
      .raw();
    this.#insert = db.prepare("INSERT INTO documents (table_id, internal_id, json) VALUES (?, ?, ?)");
    this.#update = db.prepare("UPDATE documents SET json = ? WHERE row = ?");
    this.#delete = db.prepare("DELETE FROM documents WHERE row = ?");
    this.#insertEntry = db.prepare("INSERT INTO index_entries (index_id, key, document) VALUES (?, ?, ?)");
    this.#deleteEntry = db.prepare("DELETE FROM index_entries WHERE index_id = ? AND key = ?");
  }

  isOpen(): boolean {
    return this.db.inTransaction;
  }

  savepoint(name: string): Savepoint {
    const { catalog } = this;
    this.db.exec(`SAVEPOINT ${name}`);
    return {
      release: () => {
        this.db.exec(`RELEASE ${name}`);
      },
      rollback: () => {
        this.db.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
        this.catalog = catalog;
        this.version++;
      },
    };
  }

  get(table: TableInfo, internalId: Uint8Array): string | null {
    return this.find(table, internalId)?.json ?? null;
  }

  scan(index: IndexInfo, range: KeyRange, order: "asc" | "desc", check: () => void): RowCursor {
    return ReadStatements.scan(
      index,
      range,
      order,
      (fetch) => {
        check();
        const rows = fetch(this.reads);
        const [first] = rows;
        if (first !== undefined) {
          const [position, json, row] = first;
          this.#lastRead = { index: index.id, position, json, row, version: this.version };
        }
        return rows;
      },
      () => this.version,
    );
  }

  search(table: TableInfo, index: SearchIndexInfo, query: SearchQuery, check: () => void): SearchResults {
    return ReadStatements.search(table, index, query, (read) => {
      check();
      return read(this.reads);
    });
  }

  find(table: TableInfo, internalId: Uint8Array): StoredRow | null {
    const last = this.#lastRead;
    if (last?.version === this.version && isRow(last, table, internalId)) return last;
    try {
      const found = this.#find.get(table.id, internalId);
      if (found === undefined) return null;
      const [row, json] = found;
      this.#lastRead = { index: -table.id, position: internalId, json, row, version: this.version };
      return this.#lastRead;
    } catch (error) {
      throw explainError(this.db.name, error);
    }
  }

  insertDocument(table: TableInfo, internalId: Uint8Array, json: string): number {
    this.version++;
    try {
      return Number(this.#insert.run(table.id, internalId, json).lastInsertRowid);
    } catch (error) {
      if (!(error instanceof SqliteError) || error.code !== "SQLITE_CONSTRAINT_UNIQUE") throw error;
      const id = encodeId(table.number, internalId);
      throw new Error(`Cannot insert ${id} into "${table.name}": a document with this id exists`, {
        cause: error,
      });
    }
  }

  updateDocument(row: number, json: string): void {
    this.version++;
    this.#update.run(json, row);
  }

  deleteDocument(row: number): void {
    this.version++;
    this.#delete.run(row);
  }

  // One statement for each entry: SQLite copies a list of VALUES through a temporary table.
  insertEntries(row: number, entries: readonly IndexEntry[]): void {
    this.version++;
    for (const { index, key } of entries) this.#insertEntry.run(index, key, row);
  }

  deleteEntries(entries: readonly IndexEntry[]): void {
    this.version++;
    for (const { index, key } of entries) this.#deleteEntry.run(index, key);
  }

  /** @param number The table number in document ids. By default the catalog chooses it. */
  createTable(component: string, name: string, number?: number): TableInfo {
    const generated = this.catalog.newKey(component, name);
    const key = { id: generated.id, number: number ?? generated.number };
    this.db
      .prepare("INSERT INTO tables (id, number, component, name) VALUES (?, ?, ?, ?)")
      .run(key.id, key.number, component, name);
    const creation = this.createIndex(key, BY_CREATION_TIME, ["_creationTime"]);
    const indexes = [byIdIndex(key), creation];
    const table = { ...key, name, component, indexes, searchIndexes: [], documentType: null };
    this.catalog = this.catalog.with(table);
    return table;
  }

  createIndex(table: TableKey, name: string, fields: readonly string[]): IndexInfo {
    const { lastInsertRowid } = this.db
      .prepare("INSERT INTO indexes (table_id, name, fields) VALUES (?, ?, ?)")
      .run(table.id, name, JSON.stringify(fields));
    return { id: Number(lastInsertRowid), name, fields: [...fields] };
  }

  dropIndex({ id }: IndexInfo): void {
    this.db.prepare("DELETE FROM index_entries WHERE index_id = ?").run(id);
    this.db.prepare("DELETE FROM indexes WHERE id = ?").run(id);
  }

  /** Deletes a table, its documents and its indexes. */
  dropTable(table: TableInfo): void {
    this.version++;
    this.changes?.recordDrop(table);
    for (const index of table.indexes) this.dropIndex(index);
    for (const index of table.searchIndexes) this.searchIndexes.dropIndex(table, index);
    this.db.prepare("DELETE FROM documents WHERE table_id = ?").run(table.id);
    this.db.prepare("DELETE FROM tables WHERE id = ?").run(table.id);
    this.catalog = this.catalog.without(table);
  }

  /** Empties the search indexes of a table, for an import. The next start fills them. */
  resetSearchIndexes(table: TableInfo): void {
    if (table.searchIndexes.length === 0) return;
    this.catalog = this.catalog.with({ ...table, searchIndexes: this.searchIndexes.reset(table) });
  }

  setDocumentType({ id }: TableInfo, type: ValidatorJSON | null): void {
    const text = type && JSON.stringify(type);
    this.db.prepare("UPDATE tables SET document_type = ? WHERE id = ?").run(text, id);
  }

  documentsAfter({ id }: IndexInfo, after: Buffer, limit: number): DocumentRow[] {
    return this.db
      .prepare<[number, Buffer, number], StoredRow & { readonly key: Uint8Array }>(
        `SELECT e.key, d.row, d.json FROM index_entries AS e CROSS JOIN documents AS d ON d.row = e.document
         WHERE e.index_id = ? AND e.key > ? ORDER BY e.key LIMIT ? + 0`,
      )
      .all(id, after, limit)
      .map(({ key, ...stored }) => ({ ...stored, key: bufferOf(key) }));
  }
}

function isRow({ index, position }: LastRead, table: TableInfo, internalId: Uint8Array): boolean {
  const start = position.length - internalId.length;
  for (let i = 0; i < internalId.length; i++) if (position[start + i] !== internalId[i]) return false;
  return table.indexes.some(({ id }) => id === index);
}
