/** The reads of one connection: a document by its id, and the rows of an index in batches. */
import { keyAfter } from "../values/keys";
import { byIdBound, byIdKey } from "./byId";
import { tableOfByIdIndex } from "./catalog";
import { explainError } from "./corruption";
import { bufferOf } from "./sqlite";
import type { SearchQuery } from "../search/query";
import { SearchReads } from "./search/searchReads";
import type { Connection, Statement } from "./sqlite";
import type { IndexInfo, KeyRange, Row, RowCursor, SearchIndexInfo, SearchResults, TableInfo } from "./types";

type Order = "asc" | "desc";
/** An entry of an index, or a document of `by_id`, whose position is its internal id. */
type RawRow = [position: Uint8Array, json: string, row: number];
type ScanParameters = [number, Buffer, Buffer, number];
type Scan = Statement<ScanParameters, RawRow>;

/** The first batch suffices for `first()` and `unique()`. Later batches grow while documents are small. */
const FIRST_BATCH = 4;
const GROWTH = 4;
const MAX_BATCH = 256;
const BATCH_CHARACTERS = 1024 * 1024;

/**
 * The prepared read statements of one connection. Each call completes before it returns: no statement stays open between
 * calls. Corruption in the middle of a file appears here, long after the start.
 */
export class ReadStatements {
  readonly #file: string;
  readonly #get: Statement<[number, Uint8Array], string>;
  readonly #entries: Readonly<Record<Order, Scan>>;
  readonly #byId: Readonly<Record<Order, Scan>>;
  /** Prepared at the first search. */
  #search: SearchReads | null = null;

  constructor(private readonly db: Connection) {
    this.#file = db.name;
    this.#get = db
      .prepare<[number, Uint8Array], string>(
        "SELECT json FROM documents WHERE table_id = ? AND internal_id = ?",
      )
      .pluck();
    // CROSS JOIN forces SQLite to scan the entries and look up one document for each. `+ 0`: SQLite plans for the value of a bare
    // LIMIT parameter and plans again at each new value, which takes five times as long as the read.
    const entries = (order: Order): Scan =>
      db
        .prepare<ScanParameters, RawRow>(
          `SELECT e.key, d.json, d.row FROM index_entries AS e CROSS JOIN documents AS d ON d.row = e.document
           WHERE e.index_id = ? AND e.key >= ? AND e.key < ? ORDER BY e.key ${order} LIMIT ? + 0`,
        )
        .raw();
    const byId = (order: Order): Scan =>
      db
        .prepare<ScanParameters, RawRow>(
          `SELECT internal_id, json, row FROM documents
           WHERE table_id = ? AND internal_id >= ? AND internal_id < ? ORDER BY internal_id ${order}
           LIMIT ? + 0`,
        )
        .raw();
    this.#entries = { asc: entries("asc"), desc: entries("desc") };
    this.#byId = { asc: byId("asc"), desc: byId("desc") };
  }

  get(table: TableInfo, internalId: Uint8Array): string | null {
    try {
      return this.#get.get(table.id, internalId) ?? null;
    } catch (error) {
      throw explainError(this.#file, error);
    }
  }

  /**
   * Scans the rows of a range in the given order.
   *
   * @param access Runs each batch. A snapshot pins its connection there.
   * @param version Returns a number that changes when prefetched rows may be stale.
   */
  static scan(
    index: IndexInfo,
    range: KeyRange,
    order: Order,
    access: (fetch: (reads: ReadStatements) => RawRow[]) => RawRow[],
    version: () => number,
  ): RowCursor {
    const table = tableOfByIdIndex(index);
    if (table === null) {
      const fetch = (from: KeyRange, limit: number): RawRow[] =>
        access((reads) => reads.#all(reads.#entries[order], index.id, from, limit));
      return new BatchCursor(range, order, fetch, (key) => key, version);
    }
    const { id, number } = table;
    const bounds = { start: byIdBound(number, range.start), end: byIdBound(number, range.end) };
    const fetch = (from: KeyRange, limit: number): RawRow[] =>
      access((reads) => reads.#all(reads.#byId[order], id, from, limit));
    return new BatchCursor(bounds, order, fetch, (internalId) => byIdKey(number, internalId), version);
  }

  /** @param access Runs each read. A snapshot pins its connection there. */
  static search(
    table: TableInfo,
    index: SearchIndexInfo,
    query: SearchQuery,
    access: <T>(read: (reads: ReadStatements) => T) => T,
  ): SearchResults {
    const matches = access((reads) => reads.#searching((statements) => statements.search(index, query)));
    return {
      matches,
      json: (i) => {
        const match = matches[i];
        if (match === undefined) return null;
        return access((reads) => reads.#searching((statements) => statements.json(table, match)));
      },
    };
  }

  #searching<T>(read: (statements: SearchReads) => T): T {
    try {
      return read((this.#search ??= new SearchReads(this.db)));
    } catch (error) {
      throw explainError(this.#file, error);
    }
  }

  #all(scan: Scan, id: number, { start, end }: KeyRange, limit: number): RawRow[] {
    try {
      return scan.all(id, start, end, limit);
    } catch (error) {
      throw explainError(this.#file, error);
    }
  }
}

/**
 * Reads rows in batches. Each batch starts after the last row that was returned. `.iterate()` would keep the connection busy
 * between rows, so that it could not write.
 */
class BatchCursor implements RowCursor {
  /** The position of the last row that was returned. */
  #seen: Buffer | null = null;
  #batch: RawRow[] = [];
  #at = 0;
  #limit = FIRST_BATCH;
  #last = false;
  #version: number;

  constructor(
    private readonly range: KeyRange,
    private readonly order: Order,
    private readonly fetch: (range: KeyRange, limit: number) => RawRow[],
    private readonly keyOf: (position: Buffer) => Buffer,
    private readonly version: () => number,
  ) {
    this.#version = version();
  }

  next(): Row | null {
    if (this.#version !== this.version()) this.#forget();
    let row = this.#batch[this.#at];
    if (!row) {
      if (this.#last) return null;
      this.#fill();
      row = this.#batch[this.#at];
      if (!row) return null;
    }
    this.#at++;
    const [position, json] = row;
    this.#seen = bufferOf(position);
    return { key: this.keyOf(this.#seen), json };
  }

  #fill(): void {
    this.#batch = this.fetch(this.#rest(), this.#limit);
    this.#at = 0;
    this.#last = this.#batch.length < this.#limit;
    const characters = this.#batch.reduce((sum, [, json]) => sum + json.length, 0);
    const fitting = Math.max(1, Math.floor((BATCH_CHARACTERS * this.#batch.length) / (characters + 1)));
    this.#limit = Math.min(this.#limit * GROWTH, MAX_BATCH, fitting);
  }

  #rest(): KeyRange {
    const { start, end } = this.range;
    if (this.#seen === null) return this.range;
    return this.order === "asc" ? { start: keyAfter(this.#seen), end } : { start, end: this.#seen };
  }

  /** Drops prefetched rows. The next batch is small, because a loop that writes at every row drops its batch each time. */
  #forget(): void {
    this.#version = this.version();
    this.#batch = [];
    this.#at = 0;
    this.#last = false;
    this.#limit = FIRST_BATCH;
  }
}
