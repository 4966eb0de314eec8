/** Read sets: what a query has read. Used to tell whether its cached result is still valid. */
import type { WriteLog } from "../store/writeLog";
import type { TextRange } from "../store/keyLog";
import { textOfKey } from "../store/keyLog";
import type { IndexInfo, KeyRange, Row } from "../store/types";

/** A query that reads more ranges depends on all of their tables. */
const MOST_RANGES = 64;

type Order = "asc" | "desc";

/** How far a query has read in a range. Later changes of the unread part do not matter. */
class RangeRead {
  #last: Buffer | null = null;
  #all = false;

  constructor(
    readonly table: number,
    readonly index: number,
    private readonly range: KeyRange,
    private readonly order: Order,
  ) {}

  /** @param row the next one in the range, `null` at its end. */
  read(row: Row | null): void {
    if (row === null) this.#all = true;
    else this.#last = row.key;
  }

  /** The part of the index that the query has read, `null` if none. */
  get covered(): TextRange | null {
    const range = { start: textOfKey(this.range.start), end: textOfKey(this.range.end) };
    if (this.#all) return range;
    if (this.#last === null) return null;
    const last = textOfKey(this.#last);
    // No key lies between one and the same with a zero behind it.
    return this.order === "asc" ? { ...range, end: `${last}\0` } : { ...range, start: last };
  }
}

type CoveredRange = TextRange & Pick<RangeRead, "table" | "index">;

/** The reads of a query and of the functions that it called. */
export class ReadSet {
  readonly #tables = new Set<number>();
  readonly #documents = new Map<string, number>();
  readonly #rangeReads: RangeRead[] = [];
  #covered: readonly CoveredRange[] = [];
  #cacheable = true;

  /** Rows of an index, of which the caller tells the result. @param table its id in the store. */
  range(table: number, index: IndexInfo, range: KeyRange, order: Order): RangeRead {
    const rangeRead = new RangeRead(table, index.id, range, order);
    if (this.#rangeReads.length < MOST_RANGES) this.#rangeReads.push(rangeRead);
    else this.#tables.add(table);
    return rangeRead;
  }

  /** One document, whether it is there or not. */
  document(table: number, id: string): void {
    this.#documents.set(id, table);
  }

  /** A read that the write log does not cover, such as the time: the result is not cached. */
  addUntracked(): void {
    this.#cacheable = false;
  }

  /** False if the same arguments may give another result though no document has changed. */
  get cacheable(): boolean {
    return this.#cacheable;
  }

  /** The query has ended: nothing more is read. */
  end(): void {
    this.#covered = this.#rangeReads.flatMap(({ covered, table, index }) =>
      covered === null ? [] : [{ ...covered, table, index }],
    );
    this.#rangeReads.length = 0;
  }

  /** Whether all that was read is as it was after a commit. */
  isUnchanged(writeLog: WriteLog, since: number): boolean {
    for (const table of this.#tables) if (writeLog.changedTable(table, since)) return false;
    for (const [id, table] of this.#documents) if (writeLog.changedDocument(table, id, since)) return false;
    for (const covered of this.#covered) {
      if (writeLog.changedRange(covered.table, covered.index, covered, since)) return false;
    }
    return true;
  }
}
