/**
 * The vectors of documents as float32 in the database. Parsing them from the documents' JSON takes many times as long.
 *
 * The table is derived data: triggers delete the rows of a document that changes, and `fill` adds them. It is created by the first
 * `fill`, so most databases do not have it. A database with it keeps its format, because an older program runs the triggers too.
 */
import { createHash } from "node:crypto";
import type { Connection } from "./sqlite";
import { bufferOf } from "./sqlite";
import type { TableInfo } from "./types";

/** The content of an index for one document. */
export interface IndexedVector {
  /** `null` if the document is not in the index. */
  readonly vector: ArrayLike<number> | null;
  /** The terms of the filter fields, in the order of the fields. */
  readonly filters: readonly string[];
}

/** A document of a table: its vector, or its JSON if the cache does not have it. */
export type CachedDocument = { readonly internalId: Buffer } & (
  (IndexedVector & { readonly json: null }) | { readonly json: string }
);

/** The documents that one transaction adds, or one read returns. Parsing them takes a few milliseconds, in which nothing else runs. */
const BATCH = 50;

const TABLE = `
  CREATE TABLE IF NOT EXISTS vector_cache (
    id INTEGER PRIMARY KEY,
    document INTEGER NOT NULL,
    index_key TEXT NOT NULL,
    vector BLOB,
    filters TEXT NOT NULL,
    UNIQUE (document, index_key)
  );
  CREATE TRIGGER IF NOT EXISTS vector_cache_update AFTER UPDATE ON documents
    BEGIN DELETE FROM vector_cache WHERE document = OLD.row; END;
  CREATE TRIGGER IF NOT EXISTS vector_cache_delete AFTER DELETE ON documents
    BEGIN DELETE FROM vector_cache WHERE document = OLD.row; END;
`;

const NEXT = `FROM documents AS d LEFT JOIN vector_cache AS v ON v.document = d.row AND v.index_key = ?
  WHERE d.table_id = ? AND d.internal_id > ?`;

type Key = [indexKey: string, table: number, after: Uint8Array];

interface MissingRow {
  readonly row: number;
  readonly internal_id: Uint8Array;
  readonly json: string;
}

interface Row {
  readonly internal_id: Uint8Array;
  readonly vector: Uint8Array | null;
  readonly filters: string | null;
  /** `null` if the cache has the document. */
  readonly json: string | null;
}

export class VectorCache {
  /** @param write Runs work in a transaction of the writer. @param read Runs work on the committed state. */
  constructor(
    private readonly write: <T>(work: (db: Connection) => T) => Promise<T>,
    private readonly read: <T>(work: (db: Connection) => T) => T,
  ) {}

  /**
   * Adds the documents that the cache does not have. Rejects if the database cannot be written.
   *
   * @param index The name of the index. @param definition The options that decide the content of the index.
   * @param vectorOf Returns the content for a document.
   */
  async fill(
    table: TableInfo,
    index: string,
    definition: string,
    vectorOf: (json: string) => IndexedVector,
  ): Promise<void> {
    if (this.#isComplete(table, keyOf(index, definition))) return;
    await this.write((db) => {
      db.exec(TABLE);
      // Rows of an earlier declaration of the index.
      const [key, name] = [keyOf(index, definition), digestOf(index)];
      db.prepare<[number, string, string]>(
        "DELETE FROM vector_cache WHERE substr(index_key, 1, ?) = ? AND index_key <> ?",
      ).run(name.length, name, key);
    });
    let after: Uint8Array | null = new Uint8Array();
    while (after !== null) {
      const from: Uint8Array = after;
      after = await this.write((db) => addNext(db, [keyOf(index, definition), table.id, from], vectorOf));
    }
  }

  /** Whether the database has the table of vectors. */
  exists(): boolean {
    return this.read(
      (db) => db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'vector_cache'").get() !== undefined,
    );
  }

  /** Returns the next documents of a table in the order of their ids. The table of vectors must exist. @param after The last id. */
  next(table: TableInfo, index: string, definition: string, after: Uint8Array): CachedDocument[] {
    const rows = this.read((db) =>
      db
        .prepare<Key, Row>(
          `SELECT d.internal_id, v.vector, v.filters, CASE WHEN v.id IS NULL THEN d.json END AS json ${NEXT}
           ORDER BY d.internal_id LIMIT ${BATCH}`,
        )
        .all(keyOf(index, definition), table.id, after),
    );
    return rows.map(({ internal_id, vector, filters, json }) => {
      const internalId = bufferOf(internal_id);
      if (json !== null) return { internalId, json };
      return { internalId, json, vector: vector && floatsOf(vector), filters: termsOf(filters) };
    });
  }

  #isComplete(table: TableInfo, key: string): boolean {
    if (!this.exists()) return false;
    const first: Key = [key, table.id, new Uint8Array()];
    return this.read(
      (db) => db.prepare<Key>(`SELECT 1 ${NEXT} AND v.id IS NULL LIMIT 1`).get(...first) === undefined,
    );
  }
}

/** Adds the next documents that the cache does not have. Returns the last id, `null` if there are no more. */
function addNext(
  db: Connection,
  [key, table, after]: Key,
  vectorOf: (json: string) => IndexedVector,
): Uint8Array | null {
  const missing = db
    .prepare<Key, MissingRow>(
      `SELECT d.row, d.internal_id, d.json ${NEXT} AND v.id IS NULL ORDER BY d.internal_id LIMIT ${BATCH}`,
    )
    .all(key, table, after);
  const insert = db.prepare<[number, string, Uint8Array | null, string]>(
    "INSERT INTO vector_cache (document, index_key, vector, filters) VALUES (?, ?, ?, ?)",
  );
  for (const { row, json } of missing) {
    const { vector, filters } = vectorOf(json);
    insert.run(row, key, vector && bytesOf(vector), JSON.stringify(filters));
  }
  return missing.at(-1)?.internal_id ?? null;
}

/** Returns a short key, because every row has it. An index that is declared anew has other contents, so it has another key. */
function keyOf(index: string, definition: string): string {
  return digestOf(index) + digestOf(definition);
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("base64").slice(0, 12);
}

function bytesOf(vector: ArrayLike<number>): Uint8Array {
  return new Uint8Array(Float32Array.from(vector).buffer);
}

function floatsOf(bytes: Uint8Array): Float32Array {
  // A copy, because SQLite's bytes need not be aligned.
  return new Float32Array(bytes.slice().buffer);
}

function termsOf(filters: string | null): string[] {
  // Safe: `addNext` wrote it.
  return JSON.parse(filters ?? "[]") as string[];
}
