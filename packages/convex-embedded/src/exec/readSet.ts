/** Read sets record the data that a query has read. They decide whether its cached result is still valid. */
import type { SearchRead } from "../store/search/searchLog";
import type { WriteLog } from "../store/writeLog";
import type { TextRange } from "../store/keyLog";
import { textOfKey } from "../store/keyLog";
import type { IndexInfo, KeyRange, Row } from "../store/types";

/** If a query reads more ranges, or searches, than this, any change to the tables of the further ranges invalidates its result. */
const MAX_RANGES = 64;
/** If a query reads more documents by id than this, any change to the tables of the further documents invalidates its result. */
const MAX_DOCUMENTS = 1024;

/** The memory of a document's id with its entry, of a range without its bounds, and of a search. */
const DOCUMENT_BYTES = 96;
const RANGE_BYTES = 64;
const SEARCH_BYTES = 256;

type Order = "asc" | "desc";

/** How far a query has read into a range. Changes in the unread part do not invalidate its result. */
class RangeRead {
  #last: Buffer | null = null;
  #all = false;

  constructor(
    readonly table: number,
    readonly index: number,
    private readonly range: KeyRange,
    private readonly order: Order,
  ) {}

  /** Records the next row of the range. @param row `null` at the end of the range. */
  read(row: Row | null): void {
    if (row === null) this.#all = true;
    else this.#last = row.key;
  }

  /** The part of the range that the query has read, `null` if it has read nothing. */
  get covered(): TextRange | null {
    const range = { start: textOfKey(this.range.start), end: textOfKey(this.range.end) };
    if (this.#all) return range;
    if (this.#last === null) return null;
    const last = textOfKey(this.#last);
    // `last` plus a zero byte is the smallest key after `last`.
    return this.order === "asc" ? { ...range, end: `${last}\0` } : { ...range, start: last };
  }
}

export type CoveredRange = TextRange & Pick<RangeRead, "table" | "index">;

/** A text search that a query has read. `index` is the id of the search index. */
export interface TextSearch {
  readonly table: number;
  readonly index: number;
  readonly read: SearchRead;
}

/** The reads of a query and of the functions that it called. */
export class ReadSet {
  readonly #tables = new Set<number>();
  readonly #documents = new Map<string, number>();
  readonly #rangeReads: RangeRead[] = [];
  readonly #searches: TextSearch[] = [];
  #covered: readonly CoveredRange[] = [];
  #cacheable = true;

  /** Adds a range of an index. The caller reports its rows to the result. @param table The table's id in the store. */
  range(table: number, index: IndexInfo, range: KeyRange, order: Order): RangeRead {
    const rangeRead = new RangeRead(table, index.id, range, order);
    if (this.#rangeReads.length < MAX_RANGES) this.#rangeReads.push(rangeRead);
    else this.#tables.add(table);
    return rangeRead;
  }

  /** Adds a text search. @param table The table's id in the store. @param index The id of the search index. */
  search(table: number, index: number, read: SearchRead): void {
    if (this.#searches.length < MAX_RANGES) this.#searches.push({ table, index, read });
    else this.#tables.add(table);
  }

  /** Adds a document. It need not exist. */
  document(table: number, id: string): void {
    if (this.#documents.size < MAX_DOCUMENTS) this.#documents.set(id, table);
    else this.#tables.add(table);
  }

  /** Adds all documents of a table. */
  table(table: number): void {
    this.#tables.add(table);
  }

  /** The tables that count as changed after any write to them. */
  get tables(): ReadonlySet<number> {
    return this.#tables;
  }

  /** The documents that were read by id, with their tables. */
  get documents(): ReadonlyMap<string, number> {
    return this.#documents;
  }

  /** The index ranges that were read. Empty before `end`. */
  get ranges(): readonly CoveredRange[] {
    return this.#covered;
  }

  /** The text searches that were read. */
  get searches(): readonly TextSearch[] {
    return this.#searches;
  }

  /** Adds a read that the write log does not cover, such as the time. The result is then not cached. */
  addUntracked(): void {
    this.#cacheable = false;
  }

  /** False if the result may change although no document has changed. */
  get cacheable(): boolean {
    return this.#cacheable;
  }

  /** Closes the read set after the query has ended. */
  end(): void {
    this.#covered = this.#rangeReads.flatMap(({ covered, table, index }) =>
      covered === null ? [] : [{ ...covered, table, index }],
    );
    this.#rangeReads.length = 0;
  }

  /** About how many bytes of memory it needs. Call this after `end`. */
  get bytes(): number {
    let bytes = this.#documents.size * DOCUMENT_BYTES + this.#searches.length * SEARCH_BYTES;
    for (const { start, end } of this.#covered) bytes += start.length + end.length + RANGE_BYTES;
    return bytes;
  }

  /** True if no commit after `since` has changed data in the read set. */
  isUnchanged(writeLog: WriteLog, since: number): boolean {
    for (const table of this.#tables) if (writeLog.changedTable(table, since)) return false;
    for (const [id, table] of this.#documents) if (writeLog.changedDocument(table, id, since)) return false;
    for (const covered of this.#covered) {
      if (writeLog.changedRange(covered.table, covered.index, covered, since)) return false;
    }
    for (const { table, index, read } of this.#searches) {
      if (writeLog.changedSearch(table, index, read, since)) return false;
    }
    return true;
  }
}
