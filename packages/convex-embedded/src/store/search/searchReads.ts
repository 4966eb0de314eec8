/** Reads search indexes in SQLite. */
import type { Postings } from "../../search/postings";
import { numberAt } from "../../search/postings";
import type { IndexReader, SearchQuery } from "../../search/query";
import { search } from "../../search/search";
import type { Match } from "../../search/topMatches";
import { prefixEnd } from "../../values/keys";
import type { Connection, Statement } from "../sqlite";
import { bufferOf } from "../sqlite";
import type { SearchIndexInfo, TableKey } from "../types";

/** The number of terms that one statement reads. Searches need at most 64. */
const TERMS = 16;
/** The first read of blocks suffices for rare terms. Later reads grow while they are consecutive. */
const FIRST_BLOCKS = 2;
const MAX_BLOCKS = 64;
const GROWTH = 4;

/** Greater than every document number. */
const AFTER_ALL = 2 ** 40;

interface TermRow {
  readonly id: number;
  readonly term: Uint8Array;
  readonly documents: number;
  readonly tail: Uint8Array;
}

interface BlockRow {
  readonly first: number;
  readonly postings: Uint8Array;
}

/** The statements of one connection that read search indexes. */
export class SearchReads {
  readonly #sql: Readonly<Record<keyof typeof SQL, Statement>>;

  constructor(db: Connection) {
    this.#sql = Object.fromEntries(
      Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]),
    ) as Record<keyof typeof SQL, Statement>;
  }

  search(index: SearchIndexInfo, query: SearchQuery): Match[] {
    return search(this.#reader(index), query);
  }

  /** Returns the Convex JSON of a match's document, `null` if it no longer exists. */
  json(table: TableKey, { number }: Match): string | null {
    const row = this.#sql.json.get(table.id, number) as { json: string } | undefined;
    return row?.json ?? null;
  }

  #reader({ id }: SearchIndexInfo): IndexReader {
    const { counts, term, terms, blocks } = this.#sql;
    const postings = (row: TermRow): Postings => new StoredPostings(row, blocks);
    return {
      counts: () => counts.get(id) as { documents: number; tokens: number },
      postings(bytes) {
        const row = term.get(id, bytes) as TermRow | undefined;
        return row === undefined ? null : postings(row);
      },
      *withPrefix(prefix) {
        const end = prefixEnd(prefix);
        let after = prefix;
        for (let rows: TermRow[]; ;) {
          rows = terms.all(id, after, end, TERMS) as TermRow[];
          for (const row of rows) yield { term: bufferOf(row.term), postings: postings(row) };
          const last = rows.at(-1);
          if (last === undefined || rows.length < TERMS) return;
          after = bufferOf(last.term);
        }
      },
    };
  }
}

// `+ 0`: see `readStatements.ts`.
const SQL = {
  counts: "SELECT documents, tokens FROM search_indexes WHERE id = ?",
  term: "SELECT id, term, documents, tail FROM search_terms WHERE index_id = ? AND term = ?",
  terms: `SELECT id, term, documents, tail FROM search_terms
    WHERE index_id = ? AND term > ? AND term < ? ORDER BY term LIMIT ? + 0`,
  blocks:
    "SELECT first, postings FROM search_blocks WHERE term_id = ? AND first <= ? ORDER BY first DESC LIMIT ? + 0",
  json: `SELECT d.json FROM search_documents AS s CROSS JOIN documents AS d ON d.row = s.row
    WHERE s.table_id = ? AND s.number = ?`,
} as const;

/** The postings of a term. Reads several blocks at a time. */
class StoredPostings implements Postings {
  readonly documents: number;
  readonly #id: number;
  readonly #tail: Uint8Array;
  #blocks: BlockRow[] = [];
  #at = 0;
  #limit = FIRST_BLOCKS;

  constructor(
    { id, documents, tail }: TermRow,
    private readonly read: Statement,
  ) {
    this.documents = documents;
    this.#id = id;
    this.#tail = tail;
  }

  blockAt(number: number): Uint8Array | null {
    if (this.#tail.length > 0 && numberAt(this.#tail, 0) <= number) return this.#tail;
    const before = this.#at;
    while (this.#at < this.#blocks.length && (this.#blocks[this.#at] as BlockRow).first > number) this.#at++;
    if (this.#at === this.#blocks.length) {
      const consecutive = this.#at - before <= 1;
      this.#limit = consecutive ? Math.min(this.#limit * GROWTH, MAX_BLOCKS) : FIRST_BLOCKS;
      this.#blocks = this.read.all(this.#id, Math.min(number, AFTER_ALL), this.#limit) as BlockRow[];
      this.#at = 0;
    }
    return this.#blocks[this.#at]?.postings ?? null;
  }
}
