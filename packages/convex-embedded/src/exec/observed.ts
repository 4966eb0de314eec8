/** What a query has read, to tell whether its result still stands. */
import type { WriteLog } from "../store/writeLog";
import type { TextRange } from "../store/keyLog";
import { textOfKey } from "../store/keyLog";
import type { IndexInfo, KeyRange, Row } from "../store/types";

/** A query that reads more ranges depends on all of their tables. */
const MOST_RANGES = 64;

type Order = "asc" | "desc";

/** How far a query has read in a range: the rest of it may change. */
class Reading {
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

  /** What the query knows of the index, `null` if nothing. */
  get known(): TextRange | null {
    const range = { start: textOfKey(this.range.start), end: textOfKey(this.range.end) };
    if (this.#all) return range;
    if (this.#last === null) return null;
    const last = textOfKey(this.#last);
    // No key lies between one and the same with a zero behind it.
    return this.order === "asc" ? { ...range, end: `${last}\0` } : { ...range, start: last };
  }
}

type Known = TextRange & Pick<Reading, "table" | "index">;

/** What a query has read, and the functions that it called. */
export class Observed {
  readonly #tables = new Set<number>();
  readonly #documents = new Map<string, number>();
  readonly #readings: Reading[] = [];
  #known: readonly Known[] = [];
  #repeatable = true;

  /** Rows of an index, of which the caller tells the result. @param table its id in the store. */
  range(table: number, index: IndexInfo, range: KeyRange, order: Order): Reading {
    const reading = new Reading(table, index.id, range, order);
    if (this.#readings.length < MOST_RANGES) this.#readings.push(reading);
    else this.#tables.add(table);
    return reading;
  }

  /** One document, whether it is there or not. */
  document(table: number, id: string): void {
    this.#documents.set(id, table);
  }

  /** Something that may change unnoticed. */
  elsewhere(): void {
    this.#repeatable = false;
  }

  /** False if the same arguments may give another result though no document has changed. */
  get repeatable(): boolean {
    return this.#repeatable;
  }

  /** The query has ended: nothing more is read. */
  end(): void {
    this.#known = this.#readings.flatMap(({ known, table, index }) =>
      known === null ? [] : [{ ...known, table, index }],
    );
    this.#readings.length = 0;
  }

  /** Whether all that was read is as it was after a commit. */
  isUnchanged(changes: WriteLog, since: number): boolean {
    for (const table of this.#tables) if (changes.changedTable(table, since)) return false;
    for (const [id, table] of this.#documents) if (changes.changedDocument(table, id, since)) return false;
    for (const known of this.#known) {
      if (changes.changedRange(known.table, known.index, known, since)) return false;
    }
    return true;
  }
}
