/** When what was changed last, for whoever keeps what was read. Commits are numbered from the opening of the store on. */

/** Of more documents in one transaction only their tables are noted. */
const MOST_IN_TRANSACTION = 256;
/** Changes of documents that are remembered one by one. */
const MOST_REMEMBERED = 8192;

/** What a transaction has written to. What a savepoint took back stays noted, which does no harm. */
export class Touched {
  readonly tables = new Set<number>();
  readonly documents = new Set<string>();
  madeTable = false;

  /** @param table its id in the store. @param document its id, `null` for all of the table's. */
  add(table: number, document: string | null): void {
    this.tables.add(table);
    if (document !== null && this.documents.size <= MOST_IN_TRANSACTION) this.documents.add(document);
  }

  /** True if `documents` are not all. */
  get many(): boolean {
    return this.documents.size > MOST_IN_TRANSACTION;
  }
}

export class Changes {
  #last = 0;
  /** Of each table, the last commit that wrote to it. */
  readonly #tables = new Map<number, number>();
  /** The same of documents, the oldest first. */
  readonly #documents = new Map<string, number>();
  /** Whatever of documents was changed up to this commit may be forgotten. */
  #forgotten = 0;
  /** The last commit that may have changed anything at all. */
  #everything = 0;

  /** The number of the last commit. */
  get last(): number {
    return this.#last;
  }

  /** To be called right after a commit, before new snapshots are taken. */
  committed(transactions: Iterable<Touched>): void {
    const commit = ++this.#last;
    for (const touched of transactions) {
      for (const table of touched.tables) this.#tables.set(table, commit);
      if (touched.many) this.#forgotten = commit;
      for (const document of touched.documents) {
        this.#documents.delete(document);
        this.#documents.set(document, commit);
      }
    }
    for (const [document, changed] of this.#documents) {
      if (this.#documents.size <= MOST_REMEMBERED) break;
      this.#documents.delete(document);
      this.#forgotten = Math.max(this.#forgotten, changed);
    }
  }

  /** The same for a commit of which nobody says what it wrote. */
  committedAnything(): void {
    this.#everything = ++this.#last;
  }

  /** Whether a table may have changed after a commit. @param table its id in the store. */
  changedTable(table: number, since: number): boolean {
    return this.#everything > since || (this.#tables.get(table) ?? 0) > since;
  }

  /** The same of one document of a table. */
  changedDocument(table: number, document: string, since: number): boolean {
    if (!this.changedTable(table, since)) return false;
    if (this.#everything > since || this.#forgotten > since) return true;
    return (this.#documents.get(document) ?? 0) > since;
  }
}
